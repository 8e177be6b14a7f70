"""Counts leads into hours, by entity and source. Safe to run twice, at the same time, and after being killed.

A lead's id holds its time, so an hour is a range of ids. The last two hours are counted anew as wholes, and
with them all since the last one that was counted: days without a worker as well.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from distribution.models import HourlyLeads, Lead
from leadflip.kit import clock
from leadflip.kit.ids import first_of, instant
from leadflip.kit.retire import retire

LOCK = 0x4C46_0005
HOUR = timedelta(hours=1)
# What one statement counts: keeps it short after days without a worker.
STEP = 12 * HOUR
KEPT = timedelta(days=90)

COUNT = """
INSERT INTO distribution_hourlyleads (hour, entity_id, source, leads, unrouted)
SELECT date_trunc('hour', created_at, 'UTC'), entity_id, source, count(*),
       count(*) FILTER (WHERE routing = 'unmatched')
FROM distribution_lead WHERE id >= %(first)s AND id < %(end)s AND NOT test
GROUP BY 1, 2, 3
ON CONFLICT (hour, entity_id, source) DO UPDATE SET leads = excluded.leads, unrouted = excluded.unrouted
"""


def count() -> int:
    """Counts anew what may have changed; returns how many rows it wrote. What is done is kept."""
    now = clock.now()
    return sum(_count(begin, end) for begin, end in _stretches(_since(now), now + HOUR))


def forget() -> int:
    """Removes hours of more than 90 days; returns how many."""
    return retire(HourlyLeads.objects.all(), "hour", KEPT.days)


def _since(now: datetime) -> datetime:
    """The hour before the last one that was counted, or the first lead's; at most the one before now."""
    last: datetime | None = HourlyLeads.objects.aggregate(last=Max("hour"))["last"]
    if last is None:
        first = Lead.objects.order_by("pk").values_list("pk", flat=True).first()
        last = instant(first) if first else now
    return _hour(max(min(last, now) - HOUR, now - KEPT))


def _stretches(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while begin < end:
        yield begin, min(begin + STEP, end)
        begin += STEP


@transaction.atomic
def _count(begin: datetime, end: datetime) -> int:
    with connection.cursor() as cursor:
        # One at a time, and each sees all that the one before it saw.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(COUNT, {"first": first_of(begin), "end": first_of(end)})
        return int(cursor.rowcount)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
