"""Open hours in a form: for each weekday its times in one line, holidays as dates, and how it stands now."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution.models import Assignment
from distribution.routing.hours import DAYS, Hours
from leadflip.kit import clock, show

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LABELS: Sequence["StrOrPromise"] = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
DAY_FIELDS = tuple(f"hours_{day}" for day in DAYS)
ALL_DAY = [["00:00", "24:00"]]
MIDNIGHT = 24 * 60
_TIME = r"([0-9]{1,2})(?:[:.]([0-9]{2}))?"
_SPAN = re.compile(rf"{_TIME}\s*(?:-|–|—|to)\s*{_TIME}", re.IGNORECASE)

Span = tuple[int, int]
Spans = list[list[str]]


class DayField(forms.CharField):
    """The times of one weekday, as a person writes them; cleaned to what `Hours` reads."""

    def __init__(self, place: int) -> None:
        self.day, self.next_day = LABELS[place], LABELS[(place + 1) % 7]
        widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(label=self.day, required=False, max_length=200, widget=widget)

    def clean(self, value: Any) -> Any:
        spans = sorted(map(self._span, re.split(r"[,;]", text) if (text := super().clean(value)) else ()))
        return [[_clock(start), _clock(end)] for start, end in self._joined(spans)]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Another way of writing the same is no change."""
        try:
            return bool(self.clean(data) != self.clean(initial))
        except ValidationError:
            return True

    def _span(self, text: str) -> Span:
        found = _SPAN.fullmatch(text.strip())
        if not found:
            self._refuse(
                _("“%(text)s” is no span of time. Write 09:00–17:00; several have commas between them."),
                text=text.strip(),
            )
        start, end = self._minutes(found[1], found[2]), self._minutes(found[3], found[4])
        end = end or MIDNIGHT
        if start >= end:
            self._refuse_order(start, end)
        return start, end

    def _minutes(self, hour: str, minute: str | None) -> int:
        minutes = int(hour) * 60 + int(minute or 0)
        if int(minute or 0) > 59 or minutes > MIDNIGHT:
            text = f"{hour}:{minute or '00'}"
            self._refuse(_("“%(text)s” is no time of day. Write one from 00:00 to 24:00."), text=text)
        return minutes

    def _refuse_order(self, start: int, end: int) -> NoReturn:
        named = {"start": _clock(start), "end": _clock(end)}
        if start == end:
            self._refuse(_("%(start)s–%(end)s opens and closes at one time. Write a later closing."), **named)
        self._refuse(
            _(
                "%(start)s–%(end)s goes over midnight. Write %(start)s–24:00 here, and 00:00–%(end)s on "
                "%(next)s."
            ),
            **named,
            next=self.next_day,
        )

    def _joined(self, spans: Sequence[Span]) -> list[Span]:
        """Those that touch become one."""
        joined: list[Span] = []
        for span in spans:
            if joined and span[0] < joined[-1][1]:
                self._refuse_overlap(joined[-1], span)
            if joined and span[0] == joined[-1][1]:
                span = (joined.pop()[0], span[1])
            joined.append(span)
        return joined

    def _refuse_overlap(self, one: Span, other: Span) -> NoReturn:
        self._refuse(
            _("%(one)s and %(other)s overlap. Write %(both)s, or change one of them."),
            one=_said(one),
            other=_said(other),
            both=_said((one[0], max(one[1], other[1]))),
        )

    def _refuse(self, message: "StrOrPromise", **named: Any) -> NoReturn:
        raise ValidationError(f"{self.day}: {str(message) % named}")


class HolidaysField(forms.CharField):
    """Days without open hours, a date a line; cleaned to a sorted list of ISO dates."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Holidays"),
            required=False,
            max_length=5000,
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            help_text=_("Closed on these days. A date a line, such as 2026-12-25."),
        )

    def clean(self, value: Any) -> Any:
        return sorted({self._date(text) for text in re.split(r"[\s,;]+", super().clean(value)) if text})

    def _date(self, text: str) -> str:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            message = _("Holidays: “%(text)s” is no date. Write YYYY-MM-DD, such as 2026-12-25.")
            raise ValidationError(message, params={"text": text}) from None


class HoursForm(forms.Form):
    """The fields of `assignment.hours`, for a form of assignments to inherit."""

    hours_mon = DayField(0)
    hours_tue = DayField(1)
    hours_wed = DayField(2)
    hours_thu = DayField(3)
    hours_fri = DayField(4)
    hours_sat = DayField(5)
    hours_sun = DayField(6)
    holidays = HolidaysField()

    @staticmethod
    def initial_hours(assignment: Assignment) -> dict[str, str]:
        """What the fields show of a saved assignment."""
        days = {
            name: _line(assignment.hours.get(day, ())) for name, day in zip(DAY_FIELDS, DAYS, strict=True)
        }
        return {**days, "holidays": "\n".join(assignment.hours.get("holidays", ()))}

    def hours_document(self) -> dict[str, Any]:
        """What to save of clean fields: see `Hours`. Holidays alone close a week that is else always open."""
        week: dict[str, Any] = {
            day: spans
            for name, day in zip(DAY_FIELDS, DAYS, strict=True)
            if (spans := self.cleaned_data.get(name))
        }
        holidays = self.cleaned_data.get("holidays")
        if not holidays:
            return week
        return {**(week or dict.fromkeys(DAYS, ALL_DAY)), "holidays": holidays}


def fieldset(assignment: Assignment | None, *, may_change: bool) -> tuple[Any, Any]:
    """Open hours, for an admin's fieldsets; those who may only read see `hours_lines` of the admin."""
    fields = [*DAY_FIELDS, "holidays", "closed"] if may_change else ["hours_lines", "closed"]
    about = _about(assignment, may_change=may_change) if assignment else ""
    return (_("Open hours"), {"fields": fields, "description": about, "classes": ["hours"]})


def stands(assignment: Assignment) -> str:
    """“Open now”, “Closed, opens Monday 08:00” in the partner's zone; "" where it has no hours."""
    hours, now = Hours.read(assignment.hours), clock.now()
    zone = assignment.partner.zone
    if hours is None:
        return ""
    if hours.open_at(now, zone):
        return gettext("Open now")
    opening = hours.next_opening(now, zone)
    if opening is None:
        return gettext("Closed, and never opens")
    with timezone.override(zone):
        near = (opening - now).days < 6
        local = timezone.localtime(opening)
        words = f"{LABELS[local.weekday()]} {date_format(local, 'H:i')}" if near else show.full_time(opening)
    return gettext("Closed, opens %(opening)s") % {"opening": words}


def days(assignment: Assignment) -> list[tuple[str, str]]:
    """Each weekday with its times, then the holidays; none where it is always open."""
    if not assignment.hours:
        return []
    week = [
        (str(label), _line(assignment.hours.get(day, ())) or gettext("closed"))
        for label, day in zip(LABELS, DAYS, strict=True)
    ]
    free = assignment.hours.get("holidays", ())
    return [*week, (gettext("Holidays"), ", ".join(free))] if free else week


def lines(assignment: Assignment) -> SafeString:
    """The hours to read, a line a day."""
    if not assignment.hours:
        return format_html("{}", gettext("Always open"))
    return format_html_join("", "<div>{}: {}</div>", days(assignment))


def _about(assignment: Assignment, *, may_change: bool) -> SafeString:
    zone = assignment.partner.zone
    there = date_format(timezone.localtime(clock.now(), ZoneInfo(zone)), "H:i")
    now = gettext("Times in %(zone)s, where it is %(time)s now.") % {"zone": zone, "time": there}
    state = stands(assignment) or gettext("Always open")
    how = gettext(
        "Write 09:00–17:00, with commas between several: 09:00–12:30, 13:30–17:00. A day without times is "
        "closed; no times at all means always open. What goes over midnight stands on both days: "
        "22:00–24:00, then 00:00–06:00."
    )
    shown = how if may_change else ""
    return format_html('<strong class="open-now">{}</strong> <span>{}</span> {}', f"{state}.", now, shown)


def _line(spans: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{start}–{end}" for start, end in spans)


def _said(span: Span) -> str:
    return _line([[_clock(span[0]), _clock(span[1])]])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
