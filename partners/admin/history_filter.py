"""What narrows the audit log."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partners.models import User
from partners.models.audit import Verb

MOST_PEOPLE = 500
DAYS = [
    MinValueValidator(date(2000, 1, 1), _("Choose a day from the year 2000 on.")),
    MaxValueValidator(date(2200, 1, 1), _("Choose a day before the year 2200.")),
]


def _choice(label: Any, choices: Sequence[tuple[Any, Any]]) -> forms.ChoiceField:
    wrong = {"invalid_choice": _("There is no such choice; take one from the list.")}
    return forms.ChoiceField(
        label=label, choices=[("", _("Any")), *choices], required=False, error_messages=wrong
    )


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as YYYY-MM-DD.")},
    )


class HistoryFilter(forms.Form):
    """`?who=…&kind=…&verb=…&since=…` and so on; days are whole, in the page's zone."""

    who = _choice(_("Person"), [])
    verb = _choice(_("What was done"), Verb.choices)
    kind = _choice(_("Kind"), [])
    object = forms.CharField(label=_("Id"), required=False, max_length=64)
    since = _day(_("From"))
    until = _day(_("To"))

    def __init__(self, data: Mapping[str, Any], *, kinds: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        people = User.objects.filter(is_staff=True).order_by("email")[:MOST_PEOPLE]
        for name, listed in (("who", [(str(each.pk), str(each)) for each in people]), ("kind", kinds)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("Any")), *listed]

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        since, until = chosen.get("since"), chosen.get("until")
        if since and until and since > until:
            raise ValidationError(_("“From” is later than “To”: exchange the two days."))
        if chosen.get("object") and not chosen.get("kind") and "kind" not in self.errors:
            self.add_error("kind", _("Choose the kind of object that has this id."))
        return chosen

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.data.get(name) for name in self.fields)

    def condition(self) -> Q:
        """Of the chosen entries; only after `is_valid()`."""
        chosen, wanted = self.cleaned_data, Q()
        for name, column in (("who", "user"), ("verb", "verb"), ("kind", "model"), ("object", "object_id")):
            if chosen[name]:
                wanted &= Q(**{column: chosen[name]})
        if chosen["since"]:
            wanted &= Q(at__gte=_midnight(chosen["since"]))
        if chosen["until"]:
            wanted &= Q(at__lt=_midnight(chosen["until"] + timedelta(days=1)))
        return wanted


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
