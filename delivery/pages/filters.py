"""The delivery log's filters, as they stand in its address."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
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
# Not a status of a job: it waits, and its destination is being left alone.
HELD = "held"
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


class LogFilter(forms.Form):
    """`?status=…&partner=…&profile=…` and so on; days are whole, in the page's zone."""

    # Shown at once; the others stand under «More filters».
    FIRST = ("id", "status", "partner", "channel")

    id = forms.UUIDField(
        label=_("Lead or job id"),
        required=False,
        error_messages={"invalid": _("Write the whole id, 36 characters with its dashes.")},
    )
    status = _choice(
        _("Status"), _any([*Status.choices, (HELD, _("Waits for a slowed or paused destination"))])
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
        return [self[name] for name in self.fields if name not in (*self.FIRST, "last")]

    @property
    def more_set(self) -> int:
        """How many of `more` narrow the list."""
        return len(set(self.set_fields) - {*self.FIRST, "last"})

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


def _midnight(day: date) -> UUID:
    """The least id of a job made on `day` or later: ids begin with their time."""
    return first_of(timezone.make_aware(datetime.combine(day, time.min)))


_CONDITIONS: Mapping[str, Callable[[Any], Q]] = {
    "status": lambda value: held() if value == HELD else Q(status=value),
    "partner": lambda value: Q(partner=value),
    "channel": lambda value: Q(kind=value),
    "profile": lambda value: Q(assignment__profile=value),
    "entity": lambda value: Q(lead__entity=value),
    "error": lambda value: Q(last_error_class=value),
    "code": lambda value: Q(last_code=value),
    "test": lambda value: Q(test=value == "yes"),
    "since": lambda value: Q(id__gte=_midnight(value)),
    "until": lambda value: Q(id__lt=_midnight(value + timedelta(days=1))),
    "last": lambda value: Q(id__gte=first_of(clock.now() - LAST[value][1])),
    "id": lambda value: Q(id=value) | Q(lead=value),
}
