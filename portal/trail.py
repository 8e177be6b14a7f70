"""What the people of a partner did, narrowed by person, kind and days; newest first, by keyset.

The partner's own page and the operator's show the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadflip.kit import paging
from partners.models import Partner, User
from portal.filters import day_field
from portal.models import EntryEvent
from portal.reading import Summary, summaries

Kind = EntryEvent.Kind
# Who is offered as a filter, of those who are there and of those who were removed.
MOST_PEOPLE = 200
# Ids follow times but for events that were written at the same moment.
BESIDE = 1000


def _choice(label: Any, choices: Sequence[tuple[Any, Any]]) -> forms.ChoiceField:
    wrong = {"invalid_choice": _("There is no such choice; take one from the list.")}
    return forms.ChoiceField(
        label=label, choices=[("", _("Any")), *choices], required=False, error_messages=wrong
    )


class TrailFilter(forms.Form):
    """`?who=…&kind=…&since=…&until=…`; days are whole, in the page's zone."""

    who = _choice(_("Person"), [])
    kind = _choice(_("What was done"), Kind.choices)
    since = day_field(_("From"))
    until = day_field(_("To"))

    def __init__(self, data: Mapping[str, Any], partner: Partner) -> None:
        super().__init__(data)
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        who.choices = [("", _("Any")), *((str(each.pk), str(each)) for each in people_of(partner))]

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            raise ValidationError(_("“From” is later than “To”: exchange the two days."))
        return self.cleaned_data

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.data.get(name) for name in self.fields)

    def narrow(self, rows: QuerySet[EntryEvent]) -> QuerySet[EntryEvent]:
        """The chosen ones of one partner's events; only after `is_valid()`."""
        chosen, wanted = self.cleaned_data, Q()
        if chosen["who"]:
            wanted &= Q(user=chosen["who"])
        if chosen["kind"]:
            wanted &= Q(kind=chosen["kind"])
        if chosen["since"]:
            wanted &= _since(rows, _midnight(chosen["since"]))
        if chosen["until"]:
            wanted &= _before(rows, _midnight(chosen["until"] + timedelta(days=1)))
        return rows.filter(wanted)


@dataclass(frozen=True, slots=True)
class Trail:
    """One page of events, each with what its lead is called, and the form that narrows them."""

    form: TrailFilter
    page: paging.Page[EntryEvent]
    names: Mapping[Any, Summary]


def read(partner: Partner, query: Mapping[str, str], *, masked: bool = False) -> Trail:
    """The page that the address names. `masked`: for the staff, without sensitive values."""
    form, rows = TrailFilter(query, partner), EntryEvent.objects.filter(partner=partner)
    wanted = form.narrow(rows) if form.is_valid() else rows.none()
    page = paging.page(wanted.select_related("user", "entry__settings"), query)
    entries = [event.entry for event in page.rows if event.entry is not None]
    return Trail(form, page, summaries(entries, masked=masked))


def people_of(partner: Partner) -> list[User]:
    """Who belongs to the partner, and who was removed from it, by name."""
    gone = EntryEvent.objects.filter(partner=partner, kind=Kind.REMOVED).order_by("-id")[:MOST_PEOPLE]
    addresses = [event.detail.get("email", "") for event in gone]
    known = User.objects.filter(Q(memberships__partner=partner) | Q(email__in=addresses)).distinct()
    return list(known.order_by("name", "email")[: 2 * MOST_PEOPLE])


def _since(rows: QuerySet[EntryEvent], at: datetime) -> Q:
    """By id too, so that paging ends where the days do and reads nothing beyond."""
    first = rows.filter(at__gte=at).order_by("at").values_list("id", flat=True).first()
    return Q(at__gte=at, id__gte=(first or 0) - BESIDE)


def _before(rows: QuerySet[EntryEvent], at: datetime) -> Q:
    last = rows.filter(at__lt=at).order_by("-at").values_list("id", flat=True).first()
    return Q(at__lt=at, id__lte=(last or 0) + BESIDE)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
