"""The delivery log's filters, as they stand in its address."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from delivery.models import Job
from delivery.models.job import Status
from delivery.pages import words
from leadflip.kit.ids import first_of
from partners.models import Partner
from partners.models.settings import Kind

UNKNOWN_CHOICE = {"invalid_choice": _("“%(value)s” is not in the list; choose one that is.")}
DAYS = [
    MinValueValidator(date(2000, 1, 1), _("Choose a day after 1 Jan 2000.")),
    MaxValueValidator(date(2999, 12, 31), _("Choose a day before 31 Dec 2999.")),
]


def _choice(label: Any, anything: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=[("", anything), *choices], error_messages=UNKNOWN_CHOICE
    )


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as YYYY-MM-DD.")},
    )


class LogFilter(forms.Form):
    """`?status=…&partner=…&channel=…&error=…&since=…&until=…&id=…`; days are whole, in the page's zone."""

    status = _choice(_("Status"), _("Any"), Status.choices)
    partner = forms.ModelChoiceField(
        label=_("Partner"),
        required=False,
        queryset=Partner.objects.only("name").order_by("name", "id"),
        empty_label=_("Any"),
        error_messages={"invalid_choice": _("There is no such partner; choose one from the list.")},
    )
    channel = _choice(_("Channel"), _("Any"), Kind.choices)
    error = _choice(_("Error"), _("Any"), words.ERROR_CLASSES.items())
    since = _day(_("From"))
    until = _day(_("To"))
    id = forms.UUIDField(
        label=_("Lead or job id"),
        required=False,
        error_messages={"invalid": _("Write the whole id, 36 characters with its dashes.")},
    )

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        since, until = chosen.get("since"), chosen.get("until")
        if since and until and since > until:
            raise ValidationError(_("“From” is later than “To”: exchange the two days."))
        return chosen

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.data.get(name) for name in self.fields)

    def rows(self) -> QuerySet[Job]:
        """The chosen jobs with what a line shows of them; only after `is_valid()`."""
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        jobs = Job.objects.select_related("partner", "policy")
        for name, value in chosen.items():
            jobs = jobs.filter(_CONDITIONS[name](value))
        return jobs


def _midnight(day: date) -> UUID:
    """The least id of a job made on `day` or later: ids begin with their time."""
    return first_of(timezone.make_aware(datetime.combine(day, time.min)))


_CONDITIONS = {
    "status": lambda value: Q(status=value),
    "partner": lambda value: Q(partner=value),
    "channel": lambda value: Q(kind=value),
    "error": lambda value: Q(last_error_class=value),
    "since": lambda value: Q(id__gte=_midnight(value)),
    "until": lambda value: Q(id__lt=_midnight(value + timedelta(days=1))),
    "id": lambda value: Q(id=value) | Q(lead=value),
}
