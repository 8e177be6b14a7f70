"""Backlogs that grow: lanes that get more than they take, and delivery that stands still.

Where a backlog is being worked off, after an outage say, fewer jobs are due than before, or the first one is
due for less long, since they are taken in that order. Where neither is so, it grows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery import metrics
from delivery.alerts import book
from delivery.alerts.book import Found
from delivery.models import Alert
from leadflip.kit import clock, show
from partners.models.settings import Kind

# Seconds that the first job is due: from LONG on it may be told, until it is less than SHORT.
LONG, SHORT = 300, 60
# Seconds between two looks that are compared; an older one, of before a standstill, says nothing.
BETWEEN, STALE = 300, 420
SAMPLE = "alerts:backlog"
# Lanes, those that wait longest; due jobs of each, counted no further.
LANES, JOBS = 50, 10_000

WAITING = f"""
{metrics.FIRST}, late AS (
    SELECT id, at FROM first WHERE at < now() ORDER BY at LIMIT {LANES}
)
SELECT settings.id, settings.kind, partner.name, extract(epoch FROM now() - late.at)::float8,
       (SELECT count(*) FROM (
            SELECT FROM delivery_job job WHERE job.settings_id = late.id
            AND job.status IN ('queued', 'retrying') AND job.next_attempt_at <= now() LIMIT {JOBS}) AS due),
       coalesce(own.paused_at, mail.paused_at) IS NOT NULL
         OR coalesce(own.state, 'closed') <> 'closed' OR coalesce(mail.state, 'closed') <> 'closed'
FROM late
JOIN partners_deliverysettings settings ON settings.id = late.id
JOIN partners_partner partner ON partner.id = settings.partner_id
LEFT JOIN delivery_lane own ON own.settings_id = settings.id
LEFT JOIN delivery_lane mail ON mail.smtp_id IS NOT NULL AND settings.kind = 'email'
ORDER BY late.at
"""  # noqa: S608 - our own text

# When it was taken (Unix seconds), and of each lane how long its first job was due, and how many were.
Sample = tuple[float, Mapping[int, tuple[float, int]]]


class Waiting(NamedTuple):
    """A lane with `due` jobs, the first for `age` seconds. `alone`: slowed, paused or recovering."""

    id: int
    kind: str
    partner: str
    age: float
    due: int
    alone: bool = False

    @property
    def key(self) -> str:
        """All e-mail leaves by one account, and the portal takes what it gets: each is one matter."""
        return f"backlog:{self.id if self.kind == Kind.WEBHOOK else self.kind}"


def look() -> int:
    """Opens and closes what is so; returns how many were opened."""
    lanes = _lanes()
    still = {lane.key for lane in lanes if lane.age >= SHORT and not lane.alone}
    if not _engines():
        late = _late(lanes)
        found = {"backlog:engines": _standstill(late[0])} if late else {}
        return book.keep(Alert.Kind.BACKLOG, found, still=still)
    now = clock.now().timestamp()
    grown = growing(cache.get(SAMPLE), lanes, now)
    if grown is None:
        return book.keep(Alert.Kind.BACKLOG, {}, still=still)
    cache.set(SAMPLE, (now, {lane.id: (lane.age, lane.due) for lane in lanes}), 2 * STALE)
    return book.keep(Alert.Kind.BACKLOG, _found(_late(grown)), still=still)


def growing(sample: Sample | None, lanes: Sequence[Waiting], now: float) -> list[Waiting] | None:
    """The lanes that wait longer than at the time of `sample`, with as many jobs; None: too early to tell.

    One that is missing in it did not wait.
    """
    if sample is None or now - sample[0] > STALE:
        return []
    if now - sample[0] < BETWEEN:
        return None
    return [lane for lane in lanes if _grown(lane, *sample[1].get(lane.id, (0.0, 0)))]


def _grown(lane: Waiting, age: float, due: int) -> bool:
    return lane.age > age and lane.due >= due


def _lanes() -> list[Waiting]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return [Waiting._make(row) for row in cursor.fetchall()]


def _engines() -> bool:
    with connection.cursor() as cursor:
        return "worker" not in metrics.troubles(cursor)


def _late(lanes: Iterable[Waiting]) -> list[Waiting]:
    return [lane for lane in lanes if lane.age >= LONG and not lane.alone]


def _found(late: Sequence[Waiting]) -> dict[str, Found]:
    """By key, told by the lane that waits longest."""
    found: dict[str, Found] = {}
    for lane in late:
        if lane.key not in found:
            found[lane.key] = _told(lane, sum(each.due for each in late if each.key == lane.key))
    return found


def _told(lane: Waiting, due: int) -> Found:
    kind = str(Kind(lane.kind).label)
    name = f"{lane.partner} ({kind})" if lane.kind == Kind.WEBHOOK else kind
    told = ngettext(
        "%(n)s lead is due, for %(age)s by now: more come in than are taken.",
        "%(n)s leads are due, the first for %(age)s by now: more come in than are taken.",
        due,
    )
    return Found(name, told % {"n": show.count(due), "age": _age(lane)})


def _standstill(lane: Waiting) -> Found:
    told = _("No worker shows a sign of life, and the first lead is due for %(age)s. Start a worker.")
    return Found(_("All delivery"), told % {"age": _age(lane)})


def _age(lane: Waiting) -> str:
    return show.duration(int(lane.age * 1000))
