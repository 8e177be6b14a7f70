"""What an import would do, without doing it; and what was wrong with rows, by cause."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from distribution.catalogue import EntitySpec
from distribution.intake import duplicates
from distribution.intake.errors import IntakeError
from distribution.intake.imports import chunks
from distribution.intake.imports.mapping import Plan
from distribution.intake.origin import Origin
from distribution.intake.read import Ready, read
from distribution.models import Import
from distribution.models.entity import OnDuplicate, Way

ROWS = 1000
# Of one cause, the rows that are named.
NAMED = 5
QUOTED = re.compile(r"“[^”]*”")
NEW = UUID(int=0)


class Refused(NamedTuple):
    """A row that becomes no lead, with the messages by field ("" for the row as a whole)."""

    row: int
    errors: Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Cause:
    """One thing that is wrong, with an example's words, how many rows have it, and the first of these."""

    name: str
    message: str
    count: int = 0
    rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Preview:
    """Of the first rows: how many there are, what would become of them, and why some would not be taken."""

    rows: int = 0
    created: int = 0
    repeated: int = 0
    refused: list[Refused] = field(default_factory=list)

    @property
    def all(self) -> int:
        """All that are not refused."""
        return self.created + self.repeated

    @property
    def causes(self) -> list[Cause]:
        """The most frequent first."""
        return causes(self.refused)


def origin(run: Import) -> Origin:
    """Who sends the leads of an import; what becomes of duplicates is said when it is started."""
    wanted = OnDuplicate(run.on_duplicate) if run.on_duplicate else None
    return Origin(Way.IMPORT, Way.IMPORT.value, on_duplicate=wanted)


def preview(run: Import, entity: EntitySpec) -> Preview:
    """What would become of the first 1,000 rows, as the leads stand now. `repeated` are there already."""
    told = Preview()
    ready = list(_ready(run, entity, told))
    match = [key for row in ready for key in duplicates.matching(row.keys)]
    found = duplicates.known(entity, match) if match else {}
    for row in ready:
        keys = duplicates.matching(row.keys)
        if duplicates.same(keys, found) is not None:
            told.repeated += 1
            continue
        told.created += 1
        # A row of the file itself: whose lead it is does not matter here.
        found |= {(key.field_id, digest): NEW for key in keys for digest in key.digests}
    return told


def causes(refused: Iterable[Refused]) -> list[Cause]:
    """Groups what is wrong by field and words, whatever values these quote."""
    grouped: dict[tuple[str, str], Cause] = {}
    for row, errors in refused:
        for name, messages in errors.items():
            for message in messages:
                cause = grouped.setdefault((name, QUOTED.sub("", message)), Cause(name, message))
                cause.count += 1
                if len(cause.rows) < NAMED:
                    cause.rows.append(row)
    return sorted(grouped.values(), key=lambda cause: -cause.count)


def _ready(run: Import, entity: EntitySpec, told: Preview) -> Iterable[Ready]:
    plan, sender = Plan(run.columns, run.mapping, entity), origin(run)
    for record in chunks.first_records(run, ROWS):
        told.rows += 1
        try:
            if fault := plan.fault(record):
                raise IntakeError(fault)
            yield read(entity, sender, plan.body(record))
        except IntakeError as error:
            told.refused.append(Refused(record.row, error.errors))
