"""Which column means what: a field, a part of an address, what a lead says of itself, or nothing."""

import re
import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from distribution.catalogue import EntitySpec
from distribution.fields.base import is_empty
from distribution.intake import names
from distribution.intake.imports.reading import Record
from leadflip.kit.csvguard import unguard
from partners.sheet import ADDRESS_PARTS

# Of the reserved names, those that a file may hold.
ABOUT = tuple(name for name in names.RESERVED if name not in ("entity", "test"))
# What our own spreadsheets call an address part and a moment: «Address: city», «Received (Europe/Berlin)».
PART = re.compile(r"(.+): (\w+)")
ZONED = re.compile(r"(.+) \(([\w+/-]+)\)")
SHEET_TIME = "%Y-%m-%d %H:%M:%S"


class Choice(NamedTuple):
    """What a column may mean: its value in a mapping, and its words."""

    value: str
    label: str


def field_choices(entity: EntitySpec) -> Iterator[Choice]:
    """The fields, an address whole and by its parts."""
    for key, spec in entity.fields.items():
        yield Choice(key, spec.label)
        if spec.type == "address":
            yield from (Choice(f"{key}.{part}", f"{spec.label}: {part}") for part in ADDRESS_PARTS)


def values(entity: EntitySpec) -> set[str]:
    """All that a column may mean."""
    return {*ABOUT, *(choice.value for choice in field_choices(entity))}


def guess(columns: Sequence[str], entity: EntitySpec) -> list[str]:
    """What each column means by its name, "" where that is not clear; of two equal ones the first."""
    known, taken = values(entity), set[str]()
    guessed = []
    for column in columns:
        value = _meant(column, entity)
        guessed.append(value if value in known and value not in taken else "")
        taken.add(value)
    return guessed


def is_header(cells: Sequence[str], entity: EntitySpec) -> bool:
    """Whether a first row has names: one of them, at least, means something."""
    return any(guess(cells, entity))


def problems(mapping: Sequence[str], entity: EntitySpec) -> Iterator[str]:
    """Why rows could not be read by this mapping."""
    words = dict(field_choices(entity)) | {name: name for name in ABOUT}
    used = [value for value in mapping if value]
    for value in dict.fromkeys(value for value in used if used.count(value) > 1):
        yield _("Two columns mean “%(name)s”: choose one.") % {"name": words[value]}
    for key in dict.fromkeys(value.partition(".")[0] for value in used if "." in value):
        if key in used:
            yield _("“%(name)s” is there whole and in parts: choose one.") % {"name": words[key]}
    there = {value.partition(".")[0] for value in used}
    for key, spec in entity.fields.items():
        if spec.required and is_empty(spec.default) and key not in there:
            yield _("“%(name)s” is required, and no column has it.") % {"name": spec.label}


def ignored(columns: Iterable[str], mapping: Iterable[str]) -> list[str]:
    """The names, or numbers, of the columns that mean nothing."""
    named = enumerate(zip(columns, mapping, strict=True), 1)
    return [column_name(place, column) for place, (column, value) in named if not value]


def column_name(place: int, name: str) -> str:
    """A column for people; `place` counts from 1."""
    return name or _("Column %(place)d") % {"place": place}


class Plan:
    """A mapping ready for many rows."""

    def __init__(self, columns: Sequence[str], mapping: Sequence[str], entity: EntitySpec) -> None:
        self._width = len(columns)
        self._cells = [
            (place, value, _zone(column) if _is_moment(value, entity) else None)
            for place, (column, value) in enumerate(zip(columns, mapping, strict=True))
            if value
        ]

    def body(self, record: Record) -> dict[str, object]:
        """What intake gets for a row. Empty cells are left out, so an update takes nothing away."""
        cells = record.cells
        taken = ((value, unguard(cells[at]), zone) for at, value, zone in self._cells if at < len(cells))
        return {value: _localised(cell, zone) if zone else cell for value, cell, zone in taken if cell}

    def fault(self, record: Record) -> dict[str, list[str]]:
        """Why a row cannot be a lead whatever stands in it: it has cells that are in no column."""
        if not any(cell.strip() for cell in record.cells[self._width :]):
            return {}
        message = _("The row has %(count)d cells, the file %(width)d columns: quote cells that hold one.")
        return {"": [message % {"count": len(record.cells), "width": self._width}]}


def _meant(column: str, entity: EntitySpec) -> str:
    name = column.strip()
    own = names.reserved(name)
    if own:
        return own
    return _field(name, entity) or _as_exported(name, entity)


def _field(name: str, entity: EntitySpec) -> str:
    keys = entity.names.keys(name)
    before, dot, after = name.partition(".")
    if keys or not dot:
        return keys[0] if len(keys) == 1 else ""
    return _part(before, after, entity)


def _as_exported(name: str, entity: EntitySpec) -> str:
    if found := PART.fullmatch(name):
        return _part(found[1], found[2], entity)
    found = ZONED.fullmatch(name)
    key = _field(found[1], entity) if found else ""
    return key if _is_moment(key, entity) else ""


def _part(before: str, after: str, entity: EntitySpec) -> str:
    keys = [key for key in entity.names.keys(before) if entity.names.is_address(key)]
    part = {names.loosely(each): each for each in ADDRESS_PARTS}.get(names.loosely(after))
    return f"{keys[0]}.{part}" if part and len(keys) == 1 else ""


def _is_moment(value: str, entity: EntitySpec) -> bool:
    return value in entity.fields and entity.fields[value].type == "datetime"


def _zone(column: str) -> zoneinfo.ZoneInfo | None:
    found = ZONED.fullmatch(column.strip())
    try:
        return zoneinfo.ZoneInfo(found[2]) if found else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _localised(cell: str, zone: zoneinfo.ZoneInfo) -> str:
    try:
        return datetime.strptime(cell.strip(), SHEET_TIME).replace(tzinfo=zone).isoformat()
    except ValueError:
        return cell
