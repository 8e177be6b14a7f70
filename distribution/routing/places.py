"""The places of capped owners in the database: read, taken under their locks, given back.

Locks are taken in one order: the turns of profiles, then the places of owners, each by id. Whoever
decided on places read without a lock locks those that it takes, looks again, and decides anew where
another was faster.

A row's day never goes back, and no job is counted on a later one: so what a row counts of a period are
the jobs that hold a place and were counted in it. A router behind the others at midnight, or a partner
whose zone moved to the west, counts into the row's day until its own has caught up.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from distribution.models import CapUse, Turn
from distribution.routing.case import CompiledProfile, World
from distribution.routing.ledger import Ledger, Owner, Spans, Take, full
from distribution.routing.shortlist import Shortlist
from partners.caps import Caps

# Held alone by who counts an owner for the first time, shared by who moves places that perhaps nobody
# counts yet: they come before it or after it, never beside it.
FIRST_COUNT_LOCK = 0x4C46_0002

# The jobs that hold a place count; those that were made before there was a cap, too.
SEED = """
WITH held AS (
    SELECT counted_on FROM delivery_job
    WHERE counted_on IS NOT NULL AND (partner_id = %(partner)s OR assignment_id = %(assignment)s)
), newest AS (SELECT greatest(%(day)s::date, max(counted_on)) AS day FROM held)
INSERT INTO distribution_capuse
    (partner_id, assignment_id, day, week, month, day_used, week_used, month_used, life_used)
SELECT %(partner)s::bigint, %(assignment)s::bigint,
       day, date_trunc('week', day)::date, date_trunc('month', day)::date,
       count(counted_on) FILTER (WHERE counted_on >= day),
       count(counted_on) FILTER (WHERE counted_on >= date_trunc('week', day)::date),
       count(counted_on) FILTER (WHERE counted_on >= date_trunc('month', day)::date), count(counted_on)
FROM newest LEFT JOIN held ON true
GROUP BY day
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
        self._partners = {
            owner: partner
            for profile, world in profiles
            for owner, partner in Shortlist.of(profile, world).owners.items()
        }
        self.spans = _spans(self._partners, profiles, now)
        self._turning = [profile.profile_id for profile, _ in profiles if profile.strategy == "round_robin"]

    def hold(self, more: Iterable[Owner]) -> None:
        """Locks the turns, then all places that may be taken and those of `more`, which may be given back."""
        _turns(self._turning)
        if not _seed(self.spans):
            _first_counts(alone=False)
        list(_rows({*self.spans, *more}, locked=True))

    def look(self) -> Ledger:
        """The places as they stand, for a trial that takes none: nothing is locked, seeded or written."""
        rows = _rows(self.spans, locked=False) if self.spans else ()
        return Ledger(uses={owner_of(row): used(row, self.spans[owner_of(row)]) for row in rows})

    @property
    def any(self) -> bool:
        """Whether there is anything to read, to lock or to write."""
        return bool(self.spans or self._turning)

    def read(self, *, locked: bool) -> Ledger:
        """The ledger: the turns are locked in any case, the places only if `locked`.

        An owner that has a cap and was never counted is counted here.
        """
        ledger = Ledger(turns=_turns(self._turning))
        if self.spans:
            _seed(self.spans)
            rows = list(_rows(self.spans, locked=locked))
            ledger.days = self._catch_up(rows)
            for row in rows:
                ledger.uses[owner_of(row)] = used(row, self.spans[owner_of(row)])
        return ledger

    def book(self, ledger: Ledger) -> None:
        """Writes what was taken, and the turns. Raises Overrun, with no place taken, where a cap is full."""
        rows = list(_rows(ledger.taken, locked=True)) if ledger.taken else []
        for row in rows:
            owner = owner_of(row)
            spans, taken = self.spans[owner], ledger.taken[owner]
            if row.day > spans.day or full(ledger.limits[owner], used(row, spans), taken) is not None:
                raise Overrun
            _raise(row, spans, taken)
        _write(rows)
        _write_turns(ledger)

    def _catch_up(self, rows: Iterable[CapUse]) -> dict[int, date]:
        """Partners whose rows are on a later day than this router's clock, with that day."""
        days: dict[int, date] = {}
        for row in rows:
            partner = self._partners[owner_of(row)]
            if row.day > self.spans[owner_of(row)].day:
                days[partner] = max(row.day, days.get(partner, row.day))
        for owner, partner in self._partners.items():
            if partner in days:
                self.spans[owner] = Spans.of(days[partner])
        return days


def give_back(freed: Mapping[Owner, Sequence[date]]) -> None:
    """Frees places: by owner, the days that the ended jobs were counted on. Call it after `Count.hold`."""
    rows = list(_rows(freed, locked=True))
    for row in rows:
        for day in freed[owner_of(row)]:
            spans = Spans.of(day)
            row.day_used -= row.day == spans.day
            row.week_used -= row.week == spans.week
            row.month_used -= row.month == spans.month
            row.life_used -= 1
    _write(rows)


class Wanted(NamedTuple):
    """One place of each of these owners, of whom a job needs all; `today` in the partner's zone."""

    takes: Sequence[Take]
    today: date


def take_again(wanted: Sequence[Wanted]) -> list[date | None]:
    """Takes places in this order; returns the day that each counts on, None where a cap is full."""
    limits = {take.owner: take.caps for each in wanted for take in each.takes}
    today = {take.owner: Spans.of(each.today) for each in wanted for take in each.takes}
    _seed({owner: today[owner] for owner, caps in limits.items() if caps.any})
    _first_counts(alone=False)
    rows = {owner_of(row): row for row in _rows(limits, locked=True)}
    days = [
        _take([(rows[take.owner], take.caps) for take in each.takes if take.owner in rows], each.today)
        for each in wanted
    ]
    _write(list(rows.values()))
    return days


def _take(rows: Sequence[tuple[CapUse, Caps]], today: date) -> date | None:
    spans = Spans.of(max([today, *(row.day for row, _caps in rows)]))
    if any(full(caps, used(row, spans)) is not None for row, caps in rows):
        return None
    for row, _caps in rows:
        _raise(row, spans, 1)
    return spans.day


def _spans(
    partners: Mapping[Owner, int], profiles: Iterable[tuple[CompiledProfile, World]], now: datetime
) -> dict[Owner, Spans]:
    zones = {id: partner.zone for _profile, world in profiles for id, partner in world.partners.items()}
    at = {zone: Spans.at(now, zone) for zone in {zones[id] for id in partners.values()}}
    return {owner: at[zones[id]] for owner, id in partners.items()}


def _rows(owners: Iterable[Owner], *, locked: bool) -> QuerySet[CapUse]:
    owners = list(owners)
    ids = {kind: [owner.id for owner in owners if owner.kind == kind] for kind in ("partner", "assignment")}
    rows = CapUse.objects.filter(Q(partner__in=ids["partner"]) | Q(assignment__in=ids["assignment"]))
    return rows.select_for_update(no_key=True).order_by("id") if locked else rows


def _seed(spans: Mapping[Owner, Spans]) -> bool:
    """Counts the owners that have no row yet; whether there were any."""
    missing = spans.keys() - set(map(owner_of, _rows(spans, locked=False))) if spans else ()
    if not missing:
        return False
    _first_counts(alone=True)
    with connection.cursor() as cursor:
        for owner in sorted(missing):
            ids = {"partner": None, "assignment": None, owner.kind: owner.id}
            cursor.execute(SEED, {**ids, "day": spans[owner].day})
    return True


def _first_counts(*, alone: bool) -> None:
    """A lock of its own: the table's would cross those of who has locked rows and is about to write them."""
    with connection.cursor() as cursor:
        shared = "" if alone else "_shared"
        cursor.execute(f"SELECT pg_advisory_xact_lock{shared}(%s)", [FIRST_COUNT_LOCK])


def _raise(row: CapUse, spans: Spans, more: int) -> None:
    """Counts `more` places in `spans`, which are not before the row's."""
    day, week, month, life = used(row, spans)
    row.day_used, row.week_used, row.month_used = day + more, week + more, month + more
    row.life_used = life + more
    row.day, row.week, row.month = spans


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
