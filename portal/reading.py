"""What an entry shows of its lead: the ticked fields of its settings, as they are now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from leadflip.kit import show
from partners.models import DeliverySettings
from partners.sheet import Cell, Column, Sheet, Ticks, reader
from portal.models import Entry
from portal.values import Shown, shown

# Fields beside the name in a list, and the most characters of each.
BITS = 3
BIT_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Summary:
    """A lead in a list: what it is called, and its first fields. Holds no encrypted value."""

    title: str
    bits: tuple[tuple[str, str], ...] = ()


class Delivered(Protocol):
    """What was handed to a partner: an entry, or a job."""

    @property
    def id(self) -> UUID: ...
    @property
    def lead_id(self) -> UUID: ...
    @property
    def settings(self) -> DeliverySettings: ...


def ticks_of(entry: Entry) -> Ticks:
    """What the entry's partner may see; needs `entry.settings`."""
    return Ticks.of(entry.settings.everything, entry.settings.per_entity, entry.entity_id)


def lead(entry: Entry) -> tuple[str, list[Shown] | None]:
    """What the lead is called, and its ticked fields, opened; None when its values are gone."""
    sheet = reader().sheets([entry.lead_id]).get(entry.lead_id)
    title = _summary(entry, sheet).title
    if sheet is None or sheet.erased_at is not None:
        return title, None
    return title, _fields(sheet, ticks_of(entry))


def _fields(sheet: Sheet, ticks: Ticks) -> list[Shown]:
    cells, lost = sheet.readable(ticks)
    return [replace(shown(cell), lost=cell.key in lost) for cell in cells]


def why(entry: Entry) -> str:
    """Why the partner got the lead, in its own terms; only for partners that may know."""
    return reader().why(entry.id, ticks_of(entry))


def summaries(
    entries: Sequence[Delivered], *, masked: bool = False, known: Mapping[UUID, Sheet] = MappingProxyType({})
) -> dict[UUID, Summary]:
    """By entry id. Encrypted values stay shut in lists: only a lead's own page opens them.

    `masked`: sensitive ones too, for whoever is not the partner in its portal. `known`: sheets that
    were read already.
    """
    unread = {entry.lead_id for entry in entries} - known.keys()
    sheets = {**known, **(reader().sheets(unread, shut=True) if unread else {})}
    return {entry.id: _summary(entry, sheets.get(entry.lead_id), masked) for entry in entries}


def open_cells(given: Delivered, sheet: Sheet, masked: bool = False) -> tuple[Cell, ...]:
    """The ticked cells that lists may show: without encrypted ones, and `masked` without sensitive ones."""
    row = given.settings
    ticks = Ticks.of(row.everything, row.per_entity, sheet.entity_id)
    return sheet.ticked(open_only(ticks, sheet.columns, masked))


def _summary(entry: Delivered, sheet: Sheet | None, masked: bool = False) -> Summary:
    fallback = _("Lead %(id)s") % {"id": entry.lead_id.hex[-8:]}
    if sheet is None:
        return Summary(fallback)
    if sheet.erased_at is not None:
        return Summary(show.erased_on(sheet.erased_at))
    cells = open_cells(entry, sheet, masked)
    bits = ((shown(cell).label, _cut(cell)) for cell in cells if cell.key != sheet.display_field)
    return Summary(_title(cells, sheet) or fallback, tuple(bit for bit in bits if bit[1])[:BITS])


def _title(cells: Iterable[Cell], sheet: Sheet) -> str:
    return next((_cut(cell) for cell in cells if cell.key == sheet.display_field), "")


def _cut(cell: Cell) -> str:
    return Truncator(shown(cell).text).chars(BIT_LENGTH)


def open_only(ticks: Ticks, columns: Sequence[Column], masked: bool = False) -> Ticks:
    """What lists may show of what is ticked: nothing encrypted, and `masked` nothing sensitive."""
    shut = {column.key for column in columns if column.encrypted or (masked and column.sensitive)}
    keys = {column.key for column in columns} if ticks.everything else ticks.keys
    return Ticks(everything=False, keys=frozenset(key for key in keys if key.partition(".")[0] not in shut))
