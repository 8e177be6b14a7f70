"""The feed's filters, as they stand in its address."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadflip.kit import crypto
from leadflip.kit.ids import first_of
from leadflip.kit.paging import counted_all
from partners.models import User
from partners.sheet import reader
from portal.access import Place
from portal.models import Entry

DAYS = [
    MinValueValidator(date(2000, 1, 1), _("Choose a day after 1 Jan 2000.")),
    MaxValueValidator(date(2999, 12, 31), _("Choose a day before 31 Dec 2999.")),
]
# A lead is delivered at most so long after it was placed, where it was held; ids tell the latter.
HELD = timedelta(days=31)
# An entity's id and name.
Kind = tuple[int, str]
LONGEST = 100
# The same of others' kinds as of none, without what was asked for.
NO_SUCH_KIND = {"invalid_choice": _("You have no leads of this kind; choose one from the list.")}


def day_field(label: Any) -> forms.DateField:
    """A day as people choose it, from 2000 to 2999."""
    return forms.DateField(
        label=label,
        required=False,
        validators=DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as YYYY-MM-DD.")},
    )


class FeedFilter(forms.Form):
    """`?entity=…&since=…&until=…&find=…`; days are whole, in the partner's zone; `find` is sealed text."""

    entity = forms.TypedChoiceField(
        label=_("Kind of lead"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages=NO_SUCH_KIND,
    )
    since = day_field(_("Received from"))
    until = day_field(_("Received until"))
    find = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any], place: Place, kinds: Sequence[Kind]) -> None:
        super().__init__(data)
        self.user, self.revision, self.kinds = place.user, place.revision, kinds
        entity = self.fields["entity"]
        assert isinstance(entity, forms.ChoiceField)
        entity.choices = [("", _("Any")), *self.kinds]

    def clean_find(self) -> str:
        """The text that was typed."""
        try:
            return opened(self.cleaned_data["find"], self.user)
        except (crypto.SealError, binascii.Error, ValueError):
            # Of the whole form: the field is hidden.
            self.add_error(None, _("This search is over: type it again."))
            return ""

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", _("This day is before the first one."))
        return self.cleaned_data

    @property
    def shown(self) -> list[forms.BoundField]:
        """What people choose: the kind only where there are several."""
        return [self[name] for name in ("entity", "since", "until") if name != "entity" or self.kinds[1:]]

    @property
    def narrows(self) -> bool:
        """Whether anything is chosen."""
        return any(self.data.get(name) for name in self.fields)

    @property
    def chosen(self) -> bool:
        """Whether any of `shown` is."""
        return any(self.data.get(field.name) for field in self.shown)

    @property
    def text(self) -> str:
        """What is looked for; only after `is_valid()`."""
        return str(self.cleaned_data["find"])

    def between(self, rows: QuerySet[Entry]) -> QuerySet[Entry]:
        """The rows whose ids can lie between the days; only after `is_valid()`."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        if since:
            rows = rows.filter(pk__gte=first_of(_midnight(since) - HELD))
        return rows.filter(pk__lt=first_of(_midnight(until + timedelta(days=1)))) if until else rows

    @property
    def wanted(self) -> Q:
        """What the filters leave, the text left aside; only after `is_valid()`."""
        entity, since, until = (self.cleaned_data[name] for name in ("entity", "since", "until"))
        wanted = Q(entity_id=entity) if entity else Q()
        wanted &= Q(created_at__gte=_midnight(since)) if since else Q()
        return wanted & Q(created_at__lt=_midnight(until + timedelta(days=1))) if until else wanted


def kinds_of(place: Place) -> Sequence[Kind]:
    """The entities that the partner has leads of: one look into the index for each."""
    return counted_with_kinds(place, [])[1]


def counted_with_kinds(place: Place, many: Sequence[QuerySet[Entry]]) -> tuple[list[int], Sequence[Kind]]:
    """What `paging.counted_all` says of each, and `kinds_of`, in one query."""
    known, own = reader().entities(place.revision), Entry.objects.filter(partner=place.partner)
    if len(known) < 2:
        return counted_all(many), known
    # In the index's order, as the tabs' counts.
    asked = [own.filter(entity_id=id).order_by("-id")[:1] for id, _name in known]
    numbers = counted_all([*many, *asked])
    held = zip(known, numbers[len(many) :], strict=True)
    return numbers[: len(many)], [kind for kind, number in held if number]


def sealed(text: str, user: User) -> str:
    """The text for an address: what is looked for is often a person's name, which no log shall hold."""
    return base64.urlsafe_b64encode(crypto.seal(_owner(user), text)).decode().rstrip("=") if text else ""


def opened(token: str, user: User) -> str:
    """What `sealed` was given; raises SealError or ValueError."""
    if not token:
        return ""
    return str(crypto.unseal(_owner(user), base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))))


def _owner(user: User) -> str:
    return f"search:{user.pk}"


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
