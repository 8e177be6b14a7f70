"""Many leads in one transaction, each stored, updated, skipped or refused on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from distribution.catalogue import EntitySpec
from distribution.intake import duplicates, repeat, store
from distribution.intake.digests import Keyed
from distribution.intake.errors import IntakeError
from distribution.intake.origin import Origin, Outcome
from distribution.intake.read import Ready, read
from distribution.models.entity import OnDuplicate
from distribution.models.lead import Routing
from leadflip.kit import clock

Row = Mapping[str, object]


def accept_rows(
    *, origin: Origin, entity: EntitySpec, rows: Sequence[Row], route: bool = True
) -> list[Outcome]:
    """What became of each row, in order; raises for no row's sake.

    Call it in a transaction that took `hold_shared()` first. New leads wait for `route_waiting`, which
    takes them up within a second of the commit; without `route` they are not routed.
    """
    return _Batch(origin, entity, Routing.WAITING if route else Routing.NONE).run(rows)


@dataclass(slots=True)
class _Batch:
    """One call. `found`: the leads that have a match value, those of earlier rows among them.

    `repeats`: by place, rows whose lead is there.
    """

    origin: Origin
    entity: EntitySpec
    routing: Routing
    found: duplicates.Known = field(default_factory=dict)
    made: list[tuple[store.Row, Sequence[Keyed]]] = field(default_factory=list)
    repeats: dict[int, tuple[UUID, Ready]] = field(default_factory=dict)

    def run(self, rows: Sequence[Row]) -> list[Outcome]:
        read_rows = [self._read(row) for row in rows]
        action = duplicates.action(self.entity, self.origin)
        if action != OnDuplicate.CREATE:
            self._look([row for row in read_rows if isinstance(row, Ready)])
        outcomes = [self._sort(place, row, action) for place, row in enumerate(read_rows)]
        if self.made:
            store.insert(self.made)
        outcomes_of_repeats = self._update() if action == OnDuplicate.UPDATE else self._skip()
        for place, outcome in zip(self.repeats, outcomes_of_repeats, strict=True):
            outcomes[place] = outcome
        return outcomes

    def _read(self, row: Row) -> Ready | Outcome:
        try:
            return read(self.entity, self.origin, row)
        except IntakeError as refused:
            return Outcome(errors=dict(refused.errors))

    def _look(self, ready: Sequence[Ready]) -> None:
        """Last of all that takes long: from here on nobody else stores leads of the entity."""
        match = [key for row in ready for key in duplicates.matching(row.keys)]
        if match:
            duplicates.hold_all(self.entity)
            self.found = duplicates.known(self.entity, match)

    def _sort(self, place: int, row: Ready | Outcome, action: OnDuplicate) -> Outcome:
        if isinstance(row, Outcome):
            return row
        if action == OnDuplicate.CREATE or row.about.test:
            return self._make(row)
        match = duplicates.matching(row.keys)
        same = duplicates.same(match, self.found)
        if same is not None:
            self.repeats[place] = (same, row)
            return Outcome(same)
        outcome = self._make(row)
        assert outcome.lead_id is not None
        self.found.update(
            {(key.field_id, digest): outcome.lead_id for key in match for digest in key.digests}
        )
        return outcome

    def _make(self, row: Ready) -> Outcome:
        lead = store.row(
            entity=self.entity,
            key=self.origin.key,
            about=row.about,
            cleaned=row.cleaned,
            created_at=clock.now(),
            routing=self.routing,
        )
        self.made.append((lead, row.keys))
        return Outcome(lead["id"], lead["created_at"], row.ignored)

    def _skip(self) -> list[Outcome]:
        return repeat.skip(self.origin, list(self.repeats.values()))

    def _update(self) -> list[Outcome]:
        """One after the other, since one lead may be meant by several rows."""
        return [self._one(lead_id, row) for lead_id, row in self.repeats.values()]

    def _one(self, lead_id: UUID, row: Ready) -> Outcome:
        try:
            return repeat.update(self.entity, self.origin, lead_id, row)
        except IntakeError as refused:
            return Outcome(errors=dict(refused.errors))
