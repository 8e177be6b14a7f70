"""The places of capped owners in the database: read, taken under their locks, given back.

Locks are taken in one order: the turns of profiles, then the places of owners, each by id. Whoever
decided on places read without a lock locks those that it takes, looks again, and decides anew where
another was faster.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db import connection
from django.db.models import Q, QuerySet

from distribution.models import CapUse, Turn
from distribution.routing.case import CompiledProfile, World
from distribution.routing.ledger import Ledger, Owner, Spans, Take, full

# The jobs that hold a place count; those that were made before there was a cap, too.
SEED = """
INSERT INTO distribution_capuse
    (partner_id, assignment_id, day, week, month, day_used, week_used, month_used, life_used)
SELECT %(partner)s::bigint, %(assignment)s::bigint, %(day)s, %(week)s, %(month)s,
       count(*) FILTER (WHERE counted_on >= %(day)s), count(*) FILTER (WHERE counted_on >= %(week)s),
       count(*) FILTER (WHERE counted_on >= %(month)s), count(*)
FROM delivery_job
WHERE counted_on IS NOT NULL AND (partner_id = %(partner)s OR assignment_id = %(assignment)s)
ON CONFLICT DO NOTHING
"""

WRITE = """
UPDATE distribution_capuse AS row
SET day = new.day, week = new.week, month = new.month, day_used = new.day_used,
    week_used = new.week_used, month_used = new.month_used, life_used = new.life_used
FROM unnest(%(id)s::bigint[], %(day)s::date[], %(week)s::date[], %(month)s::date[], %(day_used)s::int[],
            %(week_used)s::int[], %(month_used)s::int[], %(life_used)s::int[])
    AS new (id, day, week, month, day_used, week_used, month_used, life_used)
WHERE row.id = new.id
"""


class Overrun(Exception):
    """Another transaction took a place that was counted on: decide again under locks."""


def owner_of(row: CapUse) -> Owner:
    """Whose places the row counts."""
    return Owner("partner", row.partner_id) if row.partner_id else Owner("assignment", row.assignment_id or 0)


def used(row: CapUse, spans: Spans) -> tuple[int, int, int, int]:
    """What the row counts in the periods of `spans`: one that began later than the row's begins at 0."""
    return (
        row.day_used if row.day >= spans.day else 0,
        row.week_used if row.week >= spans.week else 0,
        row.month_used if row.month >= spans.month else 0,
        row.life_used,
    )


class Count:
    """The places and turns that deciding these profiles at `now` may take; `spans` by counted owner."""

    def __init__(self, profiles: Sequence[tuple[CompiledProfile, World]], now: datetime) -> None:
        self.now = now
        self.spans = _spans(profiles, now)
        self._turning = [profile.profile_id for profile, _ in profiles if profile.strategy == "round_robin"]

    def read(self, *, locked: bool) -> Ledger:
        """The ledger: the turns are locked in any case, the places only if `locked`.

        An owner that has a cap and was never counted is counted here.
        """
        ledger = Ledger(turns=_turns(self._turning))
        if self.spans:
            _seed(self.spans)
            for row in _rows(self.spans, locked=locked):
                ledger.uses[owner_of(row)] = used(row, self.spans[owner_of(row)])
        return ledger

    def book(self, ledger: Ledger) -> None:
        """Writes what was taken, and the turns. Raises Overrun, with no place taken, where a cap is full."""
        rows = list(_rows(ledger.taken, locked=True)) if ledger.taken else []
        for row in rows:
            owner = owner_of(row)
            spans, taken = self.spans[owner], ledger.taken[owner]
            if full(ledger.limits[owner], used(row, spans), taken) is not None:
                raise Overrun
            _raise(row, spans, taken)
        _write(rows)
        _write_turns(ledger)


def give_back(jobs: Iterable[tuple[int, int | None, date]]) -> None:
    """Frees the places of ended jobs, each given as (partner id, assignment id, the day it was counted)."""
    freed: dict[Owner, list[date]] = {}
    for partner, assignment, day in jobs:
        freed.setdefault(Owner("partner", partner), []).append(day)
        if assignment is not None:
            freed.setdefault(Owner("assignment", assignment), []).append(day)
    # Whoever counts an owner for the first time counts before this or after it, never beside it.
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE distribution_capuse IN ROW EXCLUSIVE MODE")
    rows = list(_rows(freed, locked=True))
    for row in rows:
        for day in freed[owner_of(row)]:
            spans = Spans.of(day)
            row.day_used -= row.day == spans.day
            row.week_used -= row.week == spans.week
            row.month_used -= row.month == spans.month
            row.life_used -= 1
    _write(rows)


def take_again(takes: Sequence[Take], spans: Spans) -> bool:
    """Takes one place of each, or none and says False where a cap is full."""
    _seed({take.owner: spans for take in takes if take.caps.any})
    limits = {take.owner: take.caps for take in takes}
    rows = list(_rows(limits, locked=True))
    if any(full(limits[owner_of(row)], used(row, spans)) is not None for row in rows):
        return False
    for row in rows:
        _raise(row, spans, 1)
    _write(rows)
    return True


def _spans(profiles: Iterable[tuple[CompiledProfile, World]], now: datetime) -> dict[Owner, Spans]:
    zones = {
        take.owner: world.partners[seat.partner_id].zone
        for profile, world in profiles
        for seat in profile.seats
        if seat.partner_id in world.partners
        for take in world.takes(seat, now)
    }
    at = {zone: Spans.at(now, zone) for zone in set(zones.values())}
    return {owner: at[zone] for owner, zone in zones.items()}


def _rows(owners: Iterable[Owner], *, locked: bool) -> QuerySet[CapUse]:
    owners = list(owners)
    ids = {kind: [owner.id for owner in owners if owner.kind == kind] for kind in ("partner", "assignment")}
    rows = CapUse.objects.filter(Q(partner__in=ids["partner"]) | Q(assignment__in=ids["assignment"]))
    return rows.select_for_update(no_key=True).order_by("id") if locked else rows


def _seed(spans: Mapping[Owner, Spans]) -> None:
    """Counts the owners that have no row yet. The table's lock keeps places from moving meanwhile."""
    missing = spans.keys() - set(map(owner_of, _rows(spans, locked=False)))
    if not missing:
        return
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE distribution_capuse IN SHARE ROW EXCLUSIVE MODE")
        for owner in sorted(missing):
            ids = {"partner": None, "assignment": None, owner.kind: owner.id}
            cursor.execute(SEED, {**ids, **spans[owner]._asdict()})


def _raise(row: CapUse, spans: Spans, more: int) -> None:
    """Counts `more` places. A row that another's clock has moved to a later period stays there."""
    day, week, month, life = used(row, spans)
    row.day_used, row.week_used, row.month_used = day + more, week + more, month + more
    row.life_used = life + more
    row.day, row.week = max(row.day, spans.day), max(row.week, spans.week)
    row.month = max(row.month, spans.month)


def _write(rows: Sequence[CapUse]) -> None:
    if not rows:
        return
    columns = ("id", "day", "week", "month", "day_used", "week_used", "month_used", "life_used")
    with connection.cursor() as cursor:
        cursor.execute(WRITE, {name: [getattr(row, name) for row in rows] for name in columns})


def _turns(profile_ids: Iterable[int]) -> dict[int, Mapping[int, int]]:
    ids = sorted(set(profile_ids))
    if not ids:
        return {}
    rows = Turn.objects.filter(profile__in=ids).select_for_update(no_key=True).order_by("profile_id")
    found = {row.profile_id: row.state for row in rows}
    if len(found) < len(ids):
        fresh = [Turn(profile_id=id) for id in ids if id not in found]
        Turn.objects.bulk_create(fresh, ignore_conflicts=True)
        found = {row.profile_id: row.state for row in rows.all()}
    return {id: {int(key): credit for key, credit in state.items()} for id, state in found.items()}


def _write_turns(ledger: Ledger) -> None:
    for profile_id, credits in sorted(ledger.turns.items()):
        Turn.objects.filter(profile=profile_id).exclude(state=credits).update(state=credits)
