"""The two CSV formats: which columns a file has, and how each value stands in it.

RFC 4180: CRLF, `"` doubled, one header row. The spreadsheet format is for people: BOM, every cell
quoted and guarded against formulas, times in the partner's zone. The data format is for programs:
values untouched, field keys as header, times in UTC.
"""

import csv
import io
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _

from leadflip.kit.csvguard import guard
from partners.sheet import ADDRESS_PARTS, Column, Ticks

BOM = "\ufeff"


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

    def of(self, values: Mapping[str, Any]) -> Any:
        """This column's value in a row of values by key."""
        value = values.get(self.key)
        if not self.part:
            return value
        return value.get(self.part) if isinstance(value, dict) else None


class Lost(str):
    """What a cell says of a value that no key opens; of whatever type its field is."""

    __slots__ = ()


class Format(Protocol):
    """How a file of one format is written."""

    def start(self, headings: Sequence[Heading]) -> str:
        """What the file begins with, its header row included."""
        ...

    def row(self, headings: Sequence[Heading], values: Mapping[str, Any]) -> str:
        """One row with its line end."""
        ...


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """For Excel, LibreOffice and Numbers."""

    delimiter: str
    zone: zoneinfo.ZoneInfo

    def start(self, headings: Sequence[Heading]) -> str:
        return BOM + self._line(self._label(heading) for heading in headings)

    def row(self, headings: Sequence[Heading], values: Mapping[str, Any]) -> str:
        return self._line(self._text(heading, heading.of(values)) for heading in headings)

    def _label(self, heading: Heading) -> str:
        if heading.type == "datetime":
            return f"{heading.label} ({self.zone.key})"
        return f"{heading.label}: {heading.part}" if heading.part else heading.label

    def _text(self, heading: Heading, value: Any) -> str:
        if _is_instant(heading, value):
            return _instant(value).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")
        return plain(value)

    def _line(self, texts: Iterable[str]) -> str:
        return _line((guard(text) for text in texts), self.delimiter, csv.QUOTE_ALL)


@dataclass(frozen=True, slots=True)
class Data:
    """For programs."""

    def start(self, headings: Sequence[Heading]) -> str:
        return _line((heading.name for heading in headings), ",", csv.QUOTE_MINIMAL)

    def row(self, headings: Sequence[Heading], values: Mapping[str, Any]) -> str:
        texts = (self._text(heading, heading.of(values)) for heading in headings)
        return _line(texts, ",", csv.QUOTE_MINIMAL)

    def _text(self, heading: Heading, value: Any) -> str:
        if _is_instant(heading, value):
            return _instant(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return plain(value)


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


def _is_instant(heading: Heading, value: Any) -> bool:
    return heading.type == "datetime" and bool(value) and not isinstance(value, Lost)


def _instant(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _line(texts: Iterable[str], delimiter: str, quoting: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(texts)
    return buffer.getvalue()
