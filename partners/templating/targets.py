"""What a template may name: the ticked fields, the parts of an address, and three facts of the lead."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from partners.sheet import ADDRESS_PARTS, Cell, Column, Ticks

RESERVED = {"lead_id": "text", "entity": "text", "created_at": "datetime"}
EVERYTHING = Ticks()
_NUMBER_PARTS = frozenset({"latitude", "longitude"})


@dataclass(frozen=True, slots=True)
class Targets:
    """`types` has the field type of each target that may be used, such as `address.postcode`."""

    types: Mapping[str, str]
    unticked: frozenset[str] = field(default=frozenset())

    def fault(self, target: str) -> str | None:
        """What is wrong with naming `target`, and the nearest that may be named; None if nothing is."""
        if target in self.types:
            return None
        if target in self.unticked:
            message = _("lead.%(target)s is not ticked for this partner: tick it, or take it out.")
        else:
            message = _("There is no field lead.%(target)s.")
        return " ".join(filter(None, [message % {"target": target[:100]}, self._nearest(target)]))

    def _nearest(self, target: str) -> str:
        near = difflib.get_close_matches(target[:100], [*self.types, *self.unticked], n=1, cutoff=0.5)
        if not near or near[0] == target:
            return ""
        if near[0] in self.types:
            return _("The nearest is lead.%s.") % near[0]
        return _("The nearest is lead.%s, which is not ticked.") % near[0]


def targets(columns: Iterable[Column], ticks: Ticks = EVERYTHING) -> Targets:
    """The targets of an entity under a settings row's ticks: what a template is checked against."""
    types, unticked = dict(RESERVED), set()
    for column in columns:
        for target, kind, shown in _of(column, ticks):
            if shown:
                types[target] = kind
            else:
                unticked.add(target)
    return Targets(types, frozenset(unticked))


def targets_of(cells: Sequence[Cell]) -> Targets:
    """The targets of ticked cells: what a render checks again."""
    return targets(Column(cell.key, cell.label, cell.type) for cell in cells)


def _of(column: Column, ticks: Ticks) -> Iterable[tuple[str, str, bool]]:
    yield column.key, column.type, ticks.shows(column)
    if column.type == "address":
        for part in ADDRESS_PARTS:
            target = f"{column.key}.{part}"
            shown = ticks.everything or bool({column.key, target} & ticks.keys)
            yield target, "number" if part in _NUMBER_PARTS else "text", shown


def facts(lead_id: UUID, entity: str, created_at: datetime) -> tuple[Cell, ...]:
    """The reserved targets as cells; `created_at` is written in UTC."""
    at = created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"lead_id": str(lead_id), "entity": entity, "created_at": at}
    return tuple(Cell(key, key, kind, values[key]) for key, kind in RESERVED.items())
