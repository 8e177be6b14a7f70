"""The delivery log's filters, as they stand in its address."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from delivery.models import Job, Lane
from delivery.models.job import WAITING, Status
from delivery.pages import choices, words
from leadflip.kit import clock
from leadflip.kit.ids import first_of
from partners.models.settings import Kind

UNKNOWN_CHOICE = {"invalid_choice": _("“%(value)s” is not in the list; choose one that is.")}
DAYS = [
    MinValueValidator(date(2000, 1, 1), _("Choose a day after 1 Jan 2000.")),
    MaxValueValidator(date(2999, 12, 31), _("Choose a day before 31 Dec 2999.")),
]
# Leads of one contact that are looked up, the newest.
MOST_LEADS = 20
# Not a status of a job: it waits, and its destination is being left alone.
HELD = "held"
# Nor is this: failed, and one of its attempts ended without an answer.
DOUBT = "doubt"
LAST = {
    "1h": (_("Last hour"), timedelta(hours=1)),
    "24h": (_("Last 24 hours"), timedelta(days=1)),
    "7d": (_("Last 7 days"), timedelta(days=7)),
}


def _choice(label: Any, choices: Any, *, error: Any = None) -> forms.ChoiceField:
    messages = UNKNOWN_CHOICE if error is None else {"invalid_choice": error}
    return forms.ChoiceField(label=label, required=False, choices=choices, error_messages=messages)


def _any(choices: Any) -> list[tuple[Any, Any]]:
    return [("", _("Any")), *choices]


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as YYYY-MM-DD.")},
    )


class LeadsField(forms.CharField):
    """Ids of leads with commas between them, as a search for a contact found them."""

    def to_python(self, value: Any) -> Any:
        try:
            return [UUID(each) for each in str(super().to_python(value)).split(",") if each][:MOST_LEADS]
        except ValueError:
            raise ValidationError(_("These are no ids of leads: look for the contact again.")) from None


class LogFilter(forms.Form):
    """`?status=…&partner=…&profile=…` and so on; days are whole, in the page's zone."""

    # Shown at once; the others stand under «More filters».
    FIRST = ("status", "partner", "channel")
    # What delivery.pages.find puts there; and the links for periods.
    HIDDEN = ("id", "lead", "last")

    id = forms.UUIDField(
        label=_("Lead or job id"),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": _("Write the whole id, 36 characters with its dashes.")},
    )
    lead = LeadsField(label=_("Leads"), required=False, widget=forms.HiddenInput)
    status = _choice(
        _("Status"),
        _any(
            [
                *Status.choices,
                (HELD, _("Waits for a slowed or paused destination")),
                (DOUBT, _("Failed, in doubt")),
            ]
        ),
    )
    partner = _choice(_("Partner"), [], error=_("There is no such partner; choose one from the list."))
    channel = _choice(_("Channel"), _any(Kind.choices))
    profile = _choice(_("Profile"), [], error=_("There is no such profile; choose one from the list."))
    entity = _choice(_("Entity"), [], error=_("There is no such entity; choose one from the list."))
    error = _choice(_("Error"), _any(words.ERROR_CLASSES.items()))
    code = forms.IntegerField(
        label=_("HTTP or SMTP code"),
        required=False,
        min_value=100,
        max_value=599,
        # As text, which a browser gives back as it was typed.
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": _("Write the code as a number, such as 503."),
            "min_value": _("Codes are numbers from 100 to 599."),
            "max_value": _("Codes are numbers from 100 to 599."),
        },
    )
    test = _choice(_("Tests"), _any([("no", _("Without tests")), ("yes", _("Only tests"))]))
    since = _day(_("From"))
    until = _day(_("To"))
    last = _choice(_("Period"), _any((name, label) for name, (label, _length) in LAST.items()))

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        for name, listed in choices.LISTS.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            # A list: the form reads it when it is checked and again when it is shown.
            field.choices = _any(listed())

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        since, until = chosen.get("since"), chosen.get("until")
        if since and until and since > until:
            raise ValidationError(_("“From” is later than “To”: exchange the two days."))
        return chosen

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.set_fields)

    @property
    def set_fields(self) -> list[str]:
        """The names of the fields that narrow the list."""
        return [name for name in self.fields if self.data.get(name)]

    @property
    def first(self) -> list[forms.BoundField]:
        """The fields that are shown at once."""
        return [self[name] for name in self.FIRST]

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields under «More filters»."""
        return [self[name] for name in self.fields if name not in (*self.FIRST, *self.HIDDEN)]

    @property
    def more_set(self) -> int:
        """How many of `more` narrow the list."""
        return len(set(self.set_fields) - {*self.FIRST, *self.HIDDEN})

    @property
    def found(self) -> list[forms.BoundField]:
        """What a search put there."""
        return [self[name] for name in ("id", "lead")]

    @property
    def narrows(self) -> bool:
        """Whether it leaves less than all real jobs: what a bulk action asks for."""
        return bool(set(self.set_fields) - {"test"})

    @property
    def lasting(self) -> tuple[str, UUID]:
        """The filters as an address that means the same later, and an id below all of their jobs.

        Only after `is_valid()`.
        """
        last = self.cleaned_data["last"]
        kept = {name: self.data[name] for name in sorted(self.set_fields) if name != "last"}
        return urlencode(kept), first_of(clock.now() - LAST[last][1]) if last else UUID(int=0)

    @property
    def said(self) -> list[tuple[Any, Any]]:
        """(label, value in words) of what narrows the list; only after `is_valid()`."""
        return [(self[name].label, self._said(name)) for name in self.set_fields]

    def _said(self, name: str) -> Any:
        value, field = self.cleaned_data[name], self.fields[name]
        if isinstance(field, forms.ChoiceField):
            # Lists of pairs, all of them: see `_choice`.
            pairs = cast(list[tuple[Any, Any]], field.choices)
            return next((label for key, label in pairs if str(key) == value), value)
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def jobs(self) -> QuerySet[Job]:
        """The chosen jobs; only after `is_valid()`."""
        jobs = Job.objects.all()
        for name, value in self.cleaned_data.items():
            if value:
                jobs = jobs.filter(_CONDITIONS[name](value))
        return jobs

    def rows(self) -> QuerySet[Job]:
        """The chosen jobs with what a line shows of them."""
        return self.jobs().select_related("partner", "policy")


def presets() -> list[tuple[str, Any]]:
    """(name, words) of each period for the log's links."""
    return [(name, label) for name, (label, _length) in LAST.items()]


def held() -> Q:
    """Jobs that wait while their destination is left alone; for e-mail that is the account."""
    alone = list(Lane.objects.filter(Lane.ALONE).values_list("settings_id", flat=True))
    theirs = Q(settings__in=[settings for settings in alone if settings])
    return Q(status__in=WAITING) & (theirs | Q(kind=Kind.EMAIL) if None in alone else theirs)


def in_doubt() -> Q:
    """Failed jobs that the partner may have: an attempt had no answer, and nobody said “not received”."""
    return Q(status=Status.FAILED, had_unknown=True)


def _midnight(day: date) -> UUID:
    """The least id of a job made on `day` or later: ids begin with their time."""
    return first_of(timezone.make_aware(datetime.combine(day, time.min)))


_NO_STATUS: Mapping[str, Callable[[], Q]] = {HELD: held, DOUBT: in_doubt}
_CONDITIONS: Mapping[str, Callable[[Any], Q]] = {
    "status": lambda value: _NO_STATUS[value]() if value in _NO_STATUS else Q(status=value),
    "partner": lambda value: Q(partner=value),
    "channel": lambda value: Q(kind=value),
    "profile": lambda value: Q(assignment__in=choices.assignments(value)),
    "entity": lambda value: Q(lead__entity=value),
    "error": lambda value: Q(last_error_class=value),
    "code": lambda value: Q(last_code=value),
    "test": lambda value: Q(test=value == "yes"),
    "since": lambda value: Q(id__gte=_midnight(value)),
    "until": lambda value: Q(id__lt=_midnight(value + timedelta(days=1))),
    "last": lambda value: Q(id__gte=first_of(clock.now() - LAST[value][1])),
    "id": lambda value: Q(id=value) | Q(lead=value),
    "lead": lambda value: Q(lead__in=value),
}
