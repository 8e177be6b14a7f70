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

BOM = "\ufeff"
# Text of a row's values by key.
Cell = Callable[[Mapping[str, Any]], str]


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


class Lost(str):
    """What a cell says of a value that no key opens; of whatever type its field is."""

    __slots__ = ()


class Format(Protocol):
    """How a file of one format is written."""

    def start(self, headings: Sequence[Heading]) -> str:
        """What the file begins with, its header row included."""
        ...

    def rows(self, headings: Sequence[Heading], many: Iterable[Mapping[str, Any]]) -> str:
        """A row each, of values by key, with their line ends."""
        ...


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """For Excel, LibreOffice and Numbers."""

    delimiter: str
    zone: zoneinfo.ZoneInfo

    def start(self, headings: Sequence[Heading]) -> str:
        return BOM + self._lines([[guard(self._label(heading)) for heading in headings]])

    def rows(self, headings: Sequence[Heading], many: Iterable[Mapping[str, Any]]) -> str:
        cells = [cell_of(heading, self._time) for heading in headings]
        return self._lines([guard(cell(values)) for cell in cells] for values in many)

    def _label(self, heading: Heading) -> str:
        if heading.type == "datetime":
            return f"{heading.label} ({self.zone.key})"
        return f"{heading.label}: {heading.part}" if heading.part else heading.label

    def _time(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def _lines(self, rows: Iterable[Iterable[str]]) -> str:
        return _lines(rows, self.delimiter, csv.QUOTE_ALL)


@dataclass(frozen=True, slots=True)
class Data:
    """For programs."""

    def start(self, headings: Sequence[Heading]) -> str:
        return _lines([[heading.name for heading in headings]], ",", csv.QUOTE_MINIMAL)

    def rows(self, headings: Sequence[Heading], many: Iterable[Mapping[str, Any]]) -> str:
        cells = [cell_of(heading, self._time) for heading in headings]
        return _lines(([cell(values) for cell in cells] for values in many), ",", csv.QUOTE_MINIMAL)

    def _time(self, at: datetime) -> str:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cell_of(heading: Heading, time: Callable[[datetime], str]) -> Cell:
    """What makes this column's text of a row's values: found once for a file, not for each of its cells."""
    key, part = heading.key, heading.part
    if part:
        return lambda values: plain(values[key].get(part)) if isinstance(values.get(key), dict) else ""
    if heading.type != "datetime":
        return lambda values: plain(values.get(key))

    def moment(values: Mapping[str, Any]) -> str:
        value = values.get(key)
        return plain(value) if not value or isinstance(value, Lost) else time(_instant(value))

    return moment


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


def _instant(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _lines(rows: Iterable[Iterable[str]], delimiter: str, quoting: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()
