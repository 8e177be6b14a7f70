"""The default letter's lines: one a value, one a part of an address, in the fields' order."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from partners.sheet import ADDRESS_PARTS, Cell
from partners.templating.values import text
from partners.words import part_labels


def lines(cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    """Label and text of each value; what has no value is left out."""
    for cell in cells:
        if cell.type == "address" and isinstance(cell.value, dict):
            yield from _parts(cell)
        elif (shown := words(cell)) != "":
            yield cell.label, shown


def words(cell: Cell) -> str:
    """A value as a person reads it, "" if there is none."""
    if cell.type == "checkbox" and cell.value is not None:
        return _("yes") if cell.value else _("no")
    if cell.type == "datetime" and cell.value:
        return _moment(cell.value)
    return text(cell.value)


def _parts(cell: Cell) -> Iterator[tuple[str, str]]:
    labels = part_labels()
    for part in ADDRESS_PARTS:
        shown = text(cell.value.get(part))
        if shown:
            yield f"{cell.label}, {labels[part]}", shown


def _moment(value: Any) -> str:
    try:
        return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M UTC")
    except (TypeError, ValueError):
        return text(value)
