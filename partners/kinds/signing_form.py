"""The part of the webhook's form that has secrets made, shown once, and ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit import clock, show
from partners.kinds.answer_form import AnswerForm
from partners.kinds.base import Line
from partners.outgoing.secrets import (
    LONGEST_STAY,
    MOST_LIVE,
    OLD_STAYS,
    Entries,
    alive,
    end_of,
    ended,
    kept,
    made_at,
    name_of,
    new_secret,
    rotated,
)

# What `datetime-local` sends and shows: the minute.
MINUTE = "%Y-%m-%dT%H:%M"


class OldRow(NamedTuple):
    """The names of the two fields of an old secret that still signs."""

    until: str
    end: str


def old_row(secret: str) -> OldRow:
    """The fields' names; they tell secrets apart and give none away."""
    return OldRow(f"secret_{name_of(secret)}_until", f"secret_{name_of(secret)}_end")


class SigningForm(AnswerForm):
    """Up to three secrets sign: the newest without an end, the older ones each until theirs.

    After `signing_secrets()`, `made_secret` holds a newly made one, to be shown this once.
    """

    made_secret: str | None = None

    signing = forms.BooleanField(
        label=_("Sign"),
        required=False,
        help_text=_("Standard Webhooks 1.0. A secret is made when it is switched on, and shown once."),
    )
    make_secret = forms.BooleanField(label=_("Make a new signing secret"), required=False)
    old_stays = forms.TypedChoiceField(
        label=_("The one in use so far"),
        choices=[
            ("86400", _("signs along for 24 hours")),
            ("3600", _("signs along for 1 hour")),
            ("604800", _("signs along for 7 days")),
            ("0", _("ends now: it leaked")),
        ],
        coerce=int,
        required=False,
        help_text=_("For when a new one is made. Meanwhile each request has a signature of both."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at = clock.now()
        signing = alive(self.opened().get("signing") or [], self._at)
        self._old: dict[OldRow, Mapping[str, Any]] = {old_row(each["secret"]): each for each in signing[1:]}
        for row, entry in self._old.items():
            self._add_old(row, entry)
        if signing:
            self.fields["make_secret"].help_text = _in_use(signing[0])

    def _add_old(self, row: OldRow, entry: Mapping[str, Any]) -> None:
        self.fields[row.until] = forms.DateTimeField(
            label=_("Secret %(secret)s signs until (%(zone)s)")
            % {"secret": name_of(entry["secret"]), "zone": timezone.get_current_timezone_name()},
            required=False,
            initial=_minute(end_of(entry)),
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTE),
            error_messages={"invalid": _("Write the day and time as YYYY-MM-DDTHH:MM.")},
            help_text=_made(entry),
        )
        self.fields[row.end] = forms.BooleanField(label=_("End it now"), required=False)

    def signing_lines(self) -> list[Line]:
        """The switch, the way to a new secret where one is in use, and those that sign along."""
        renewal: list[Line] = [("make_secret", "old_stays")] if self.saved.get("signing") else []
        return ["signing", *renewal, *self._old]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for row in self._old:
            self._check_end(row)
        if cleaned.get("make_secret") and not self.errors:
            self._check_room()
        return cleaned

    def _check_end(self, row: OldRow) -> None:
        until = self.cleaned_data.get(row.until)
        if until is None or until == _minute(end_of(self._old[row])) or self.cleaned_data.get(row.end):
            return
        if until <= self._at:
            self.add_error(row.until, _("This time is over: enter a later one, or end the secret now."))
        elif until > self._at + LONGEST_STAY:
            self.add_error(row.until, _("Choose a time within the next seven days."))

    def _check_room(self) -> None:
        """A fourth live secret is refused: whoever verifies would not know any more which he has."""
        old = [entry for entry in map(self._edited, self._old.values()) if alive([entry], self._at)]
        if not self._moved() and len(old) + bool(self._stays()) >= MOST_LIVE:
            text = _("Three secrets sign already: end one of the older ones first, or the one in use.")
            self.add_error("make_secret", text)

    def signing_secrets(self, old: Entries) -> Entries:
        """The stored secrets as they are to be, given the old ones; after `is_valid()`."""
        entries = [self._edited(entry) for entry in old]
        if alive(entries, self._at) and not self.cleaned_data["make_secret"]:
            return kept(entries, self._at)
        self.made_secret = self.made_secret or new_secret()
        return rotated(entries, self.made_secret, self._at, self._stays())

    def _moved(self) -> bool:
        """Whether none of the old secrets may go on."""
        return False

    def _stays(self) -> timedelta:
        seconds = self.cleaned_data.get("old_stays")
        return OLD_STAYS if seconds in (None, "") else timedelta(seconds=seconds)

    def _edited(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        row = old_row(entry["secret"])
        if row not in self._old:
            return entry
        if self.cleaned_data.get(row.end):
            return ended(entry, self._at)
        until = self.cleaned_data.get(row.until)
        return entry if until in (None, _minute(end_of(entry))) else ended(entry, until)


def _minute(moment: datetime | None) -> datetime | None:
    return moment.replace(second=0, microsecond=0) if moment else None


def _in_use(entry: Mapping[str, Any]) -> str:
    used = gettext("Secret %(secret)s is in use.") % {"secret": name_of(entry["secret"])}
    return " ".join(filter(None, [used, _made(entry), gettext("A new one is shown once.")]))


def _made(entry: Mapping[str, Any]) -> str:
    made = made_at(entry)
    return gettext("Made on %(when)s.") % {"when": show.full_time(made)} if made else ""
