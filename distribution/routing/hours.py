"""Open hours: weekdays and times in a partner's zone, and holidays as dates. Pure.

The document is {"mon": [["09:00", "12:30"], ["13:30", "17:00"]], …, "holidays": ["2026-12-25"]}; an
empty one is always open. A day ends at "24:00". A time that the clocks skip is the moment after the gap;
one that comes twice is meant the first time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
# Whoever is closed for longer is closed for good.
FARTHEST = 366

# From and to, in minutes of the day.
Window = tuple[int, int]


class HoursError(ValueError):
    """A document that tells no hours; its text says why, for the form."""


@dataclass(frozen=True, slots=True)
class Hours:
    """`week` has the windows of each day from Monday, in order."""

    week: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = frozenset()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Hours | None":
        """The hours of a document; None for an empty one. Raises HoursError."""
        if not document:
            return None
        unknown = document.keys() - {*DAYS, "holidays"}
        if unknown:
            raise HoursError(_("“%s” is no weekday: write mon to sun.") % min(unknown))
        week = tuple(_windows(document.get(day, ())) for day in DAYS)
        return cls(week, frozenset(map(_holiday, document.get("holidays", ()))))

    def open_at(self, now: datetime, zone: str) -> bool:
        """Whether `now`, which is aware, falls into a window."""
        return any(
            start <= now < end for start, end in self._spans(now.astimezone(ZoneInfo(zone)).date(), zone)
        )

    def next_opening(self, now: datetime, zone: str) -> datetime | None:
        """The first opening after `now`, in UTC; None where there is none within a year."""
        today = now.astimezone(ZoneInfo(zone)).date()
        for days in range(FARTHEST):
            for start, _end in self._spans(today + timedelta(days=days), zone):
                if start > now:
                    return start
        return None

    def open_seconds(self, first: date, until: datetime, zone: str) -> float:
        """The seconds that are open from the beginning of the day `first` until `until`."""
        seconds, day = 0.0, first
        last = until.astimezone(ZoneInfo(zone)).date()
        while day <= last:
            spans = self._spans(day, zone)
            seconds += sum(max((min(end, until) - start).total_seconds(), 0) for start, end in spans)
            day += timedelta(days=1)
        return seconds

    def _spans(self, day: date, zone: str) -> Iterator[tuple[datetime, datetime]]:
        if day in self.holidays:
            return
        for opens, closes in self.week[day.weekday()]:
            start, end = _instant(day, opens, zone), _instant(day, closes, zone)
            if start < end:
                yield start, end


def midnight(day: date, zone: str) -> datetime:
    """The beginning of a day in a zone, in UTC."""
    return _instant(day, 0, zone)


def _instant(day: date, minutes: int, zone: str) -> datetime:
    day += timedelta(days=minutes // 1440)
    at = datetime.combine(day, time(minutes % 1440 // 60, minutes % 60))
    while _skipped(at, zone):
        at += timedelta(minutes=1)
    return at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _skipped(at: datetime, zone: str) -> bool:
    there = at.replace(tzinfo=ZoneInfo(zone))
    return there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) != at


def _windows(listed: Sequence[Sequence[str]]) -> tuple[Window, ...]:
    windows = tuple((_minutes(start), _minutes(end)) for start, end in listed)
    for start, end in windows:
        if start >= end:
            raise HoursError(_("Opening comes before closing: hours over midnight are two, one a day."))
    if any(later[0] < earlier[1] for earlier, later in pairwise(windows)):
        raise HoursError(_("The hours of a day follow each other: they overlap or are out of order."))
    return windows


def _minutes(text: str) -> int:
    if not CLOCK.fullmatch(text):
        raise HoursError(_("“%s” is no time of day: write 09:00, or 24:00 for the day's end.") % text)
    return int(text[:2]) * 60 + int(text[3:])


def _holiday(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HoursError(_("“%s” is no date: write YYYY-MM-DD.") % text) from None
