"""Dates, and moments in UTC.

What can be two dates is refused. Day before month where the parts are joined by points, as everywhere
that this is done; with / or - only where one of the two is over 12 or both are the same.
"""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone

from django.utils.translation import gettext_lazy as _

from distribution.fields.base import FieldError, FieldSpec, FieldType, quoted, to_text
from distribution.fields.number import NUMBER_OPERATORS

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"([0-9]{1,2})(?:st|nd|rd|th|\.)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([-/.]) ?[0-9]{1,2}\1 ?[0-9]{2}")
_DAY_MONTH = re.compile(rf"{_DAY}[ -]{_MONTH}\.?,?[ -]([0-9]{{4}})")
_MONTH_DAY = re.compile(rf"{_MONTH}\.? {_DAY},? ([0-9]{{4}})")
_MOMENT = re.compile(
    r"(?P<date>.+?)(?:t|,? )"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?: ?(?P<half>[ap])m)?(?: ?(?P<zone>z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)

# What the clocks of all zones can show.
FIRST, LAST = (
    datetime.min.replace(tzinfo=UTC) + timedelta(days=1),
    datetime.max.replace(tzinfo=UTC) - timedelta(days=1),
)


class DateType(FieldType):
    """A day of the calendar, YYYY-MM-DD, without a zone."""

    key = "date"
    operators = NUMBER_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        text = _plain(raw)
        moment = _MOMENT.fullmatch(text)
        if moment and any(int(moment[part] or 0) for part in ("hour", "minute", "second")):
            message = _("%(value)s holds a time; write the date alone, such as 2026-11-24.")
            raise FieldError(message, value=quoted(raw, spec))
        return _day(moment["date"] if moment else text, raw, spec).isoformat() if text else None

    def read(self, value: object) -> date | None:
        try:
            return date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None


class DatetimeType(FieldType):
    """A moment, YYYY-MM-DDTHH:MM:SSZ: in UTC and without fractions. Without a zone it is taken as UTC."""

    key = "datetime"
    operators = NUMBER_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        text = _plain(raw)
        if not text:
            return None
        match = _MOMENT.fullmatch(text)
        if match is None:
            _day(text, raw, spec)  # what is no date either is told so
            message = _("%(value)s has no time; write both, such as 2026-11-24T14:05Z.")
            raise FieldError(message, value=quoted(raw, spec))
        day = _day(match["date"], raw, spec)
        try:
            moment = _moment(day, match)
        except (OverflowError, ValueError):
            raise _no_date(raw, spec) from None
        return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"

    def read(self, value: object) -> datetime | None:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
            return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def _plain(raw: object) -> str:
    return " ".join(to_text(raw).lower().split())


def _no_date(raw: object, spec: FieldSpec) -> FieldError:
    message = _("%(value)s is not a date of the calendar; write it such as 2026-11-24.")
    return FieldError(message, value=quoted(raw, spec))


def _day(text: str, raw: object, spec: FieldSpec) -> date:
    """The one day that `text` names. Raises FieldError when there are two or none."""
    days = _days(text)
    if _SHORT_YEAR.fullmatch(text) or len(days) > 1:
        raise FieldError(_("%(value)s can be two dates; use YYYY-MM-DD."), value=quoted(raw, spec))
    if not days:
        raise _no_date(raw, spec)
    return days.pop()


def _days(text: str) -> set[date]:
    if match := _YEAR_FIRST.fullmatch(text):
        return _calendar((match[1], match[3], match[4]))
    if match := _YEAR_LAST.fullmatch(text):
        first, sign, second, year = match.groups()
        day_first, month_first = (year, second, first), (year, first, second)
        return _calendar(day_first) if sign == "." else _calendar(day_first, month_first)
    if match := _DAY_MONTH.fullmatch(text):
        return _calendar((match[3], _month(match[2]), match[1]))
    if match := _MONTH_DAY.fullmatch(text):
        return _calendar((match[3], _month(match[1]), match[2]))
    return set()


def _calendar(*readings: tuple[str | int, str | int, str | int]) -> set[date]:
    """Those of the (year, month, day) readings that the calendar has."""
    days = set()
    for year, month, day in readings:
        with suppress(ValueError):
            days.add(date(int(year), int(month), int(day)))
    return days


def _month(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1


def _moment(day: date, match: re.Match[str]) -> datetime:
    """The moment in UTC. Raises ValueError and OverflowError for hours and zones that do not exist."""
    hour = int(match["hour"])
    if match["half"]:
        hour = _of_day(hour, match["half"])
    at = time(hour, int(match["minute"]), int(match["second"] or 0), tzinfo=_zone(match["zone"]))
    moment = datetime.combine(day, at).astimezone(UTC)
    if not FIRST < moment < LAST:
        raise ValueError(moment)
    return moment


def _of_day(hour: int, half: str) -> int:
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half == "p" else 0)


def _zone(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[3:].removeprefix(":") or 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
