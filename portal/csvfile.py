"""The two CSV formats: which columns a file has, and how each value stands in it.

RFC 4180: CRLF, `"` doubled, one header row. The spreadsheet format is for people: BOM, every cell
quoted and guarded against formulas, times in the partner's zone. The data format is for programs:
values untouched, field keys as header, times in UTC.
"""

import csv
import io
import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _

from leadflip.kit.csvguard import guard
from partners.sheet import ADDRESS_PARTS, Column, Ticks
from portal.models import Entry
from portal.reasons import Reason

BOM = "\ufeff"
# How long a time is without its fraction and zone.
SECONDS = len("2026-11-24T14:05:09")
# The portal's own facts that are codes: people read them in words.
CODES = {"portal.review": Entry.Review.choices, "portal.reason": Reason.choices}
# The JSON values of one column, a row each.
Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a file: a field, a part of an address field, or one of the portal's own facts."""

    key: str
    label: str
    type: str
    part: str = ""

    @property
    def name(self) -> str:
        """The flat name: `phone`, `address.postcode`."""
        return f"{self.key}.{self.part}" if self.part else self.key

    def of(self, rows: Iterable[Mapping[str, Any]]) -> list[Any]:
        """This column of rows, each of which is values by key."""
        key, part = self.key, self.part
        found = [values.get(key) for values in rows]
        return [value.get(part) if isinstance(value, dict) else None for value in found] if part else found


class Format(Protocol):
    """How a file of one format is written."""

    def start(self, headings: Sequence[Heading]) -> str:
        """What the file begins with, its header row included."""
        ...

    def rows(self, headings: Sequence[Heading], columns: Iterable[Values]) -> str:
        """Rows, of a column a heading, with their line ends."""
        ...


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """For Excel, LibreOffice and Numbers."""

    delimiter: str
    zone: zoneinfo.ZoneInfo

    def start(self, headings: Sequence[Heading]) -> str:
        return BOM + self._lines([[guard(self._label(heading)) for heading in headings]])

    def rows(self, headings: Sequence[Heading], columns: Iterable[Values]) -> str:
        texts = map(self._texts, headings, columns)
        return self._lines(zip(*texts, strict=True))

    def _texts(self, heading: Heading, values: Values) -> list[str]:
        if choices := CODES.get(heading.key):
            words = {code: str(label) for code, label in choices}
            values = [words.get(code, code) for code in values]
        return [guard(text) for text in texts_of(heading, values, self._time)]

    def _label(self, heading: Heading) -> str:
        if heading.type == "datetime":
            return f"{heading.label} ({self.zone.key})"
        return f"{heading.label}: {heading.part}" if heading.part else heading.label

    def _time(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(" ")[:SECONDS]

    def _lines(self, rows: Iterable[Iterable[str]]) -> str:
        return _lines(rows, self.delimiter, csv.QUOTE_ALL)


@dataclass(frozen=True, slots=True)
class Data:
    """For programs."""

    def start(self, headings: Sequence[Heading]) -> str:
        return _lines([[heading.name for heading in headings]], ",", csv.QUOTE_MINIMAL)

    def rows(self, headings: Sequence[Heading], columns: Iterable[Values]) -> str:
        texts = (texts_of(*each, self._time) for each in zip(headings, columns, strict=True))
        return _lines(zip(*texts, strict=True), ",", csv.QUOTE_MINIMAL)

    def _time(self, at: datetime) -> str:
        return at.astimezone(UTC).isoformat()[:SECONDS] + "Z"


def texts_of(heading: Heading, values: Values, time: Callable[[datetime], str]) -> list[str]:
    """A column's cells: a whole column at a time, since a call a cell would be most of a file's cost."""
    if heading.type == "datetime":
        return [_moment(value, time) for value in values]
    return [value if type(value) is str else plain(value) for value in values]


def plain(value: Any) -> str:
    """A JSON value as the text of one cell; nothing is the empty cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, list):
        return "; ".join(plain(item) for item in value)
    return str(value)


def own_headings() -> list[Heading]:
    """The portal's facts before the fields; no field key has a dot, so no name is taken twice."""
    return [
        Heading("lead_id", _("Lead id"), "text"),
        Heading("portal.received_at", _("Received"), "datetime"),
        Heading("portal.review", _("Review"), "text"),
        Heading("portal.answered_at", _("Answered"), "datetime"),
        Heading("portal.answered_by", _("Answered by"), "text"),
        Heading("portal.reason", _("Reason"), "text"),
        Heading("portal.note", _("Note"), "text"),
    ]


def field_headings(columns: Iterable[Column], seen: Sequence[Ticks]) -> list[Heading]:
    """The fields that any of these ticks shows, in the entity's order; an address by its parts."""
    headings: list[Heading] = []
    for column in columns:
        if column.type == "address":
            headings += (
                Heading(column.key, column.label, "address", part)
                for part in ADDRESS_PARTS
                if any(_shows_part(ticks, column, part) for ticks in seen)
            )
        elif any(ticks.shows(column) for ticks in seen):
            headings.append(Heading(column.key, column.label, column.type))
    return headings


def _shows_part(ticks: Ticks, column: Column, part: str) -> bool:
    return bool(ticks.value(column, {part: part}))


def _moment(value: Any, time: Callable[[datetime], str]) -> str:
    """What is no moment, or one that the zone's calendar does not reach, stands as it is."""
    if not value:
        return plain(value)
    try:
        return time(datetime.fromisoformat(value))
    except (TypeError, ValueError, OverflowError):
        return plain(value)


def _lines(rows: Iterable[Iterable[str]], delimiter: str, quoting: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()
