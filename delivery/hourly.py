"""Counts attempts into hours. Safe to run twice, at the same time, and after being killed anywhere.

Which hours changed is found by the ids of attempts, so that one that began yesterday and ended now, or a
day without a worker, is counted as well. A changed hour is counted anew as a whole, never added to.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from delivery.models import Attempt, Counted, Hourly
from delivery.models.hourly import OUTCOMES
from leadflip.kit import clock
from leadflip.kit.histogram import BOUNDS
from leadflip.kit.retire import retire

# Ids of attempts that one step looks through.
STEP = 500_000
# Ids below the newest that may be in statements not committed yet, and for how long.
SLACK, SETTLED = 20_000, timedelta(seconds=30)
# A run rests so many times as long as it took: at most a tenth of one core.
REST = 9
# Days.
KEPT = 90

CHANGED = """
SELECT DISTINCT date_trunc('hour', started_at, 'UTC') FROM delivery_attempt
WHERE id > %(mark)s AND id <= %(top)s ORDER BY 1
"""

BY_OUTCOME = ", ".join(f"count(*) FILTER (WHERE outcome = '{name}') AS {name}" for name in OUTCOMES)
COUNT = f"""
WITH tried AS MATERIALIZED (
    SELECT job.settings_id, attempt.outcome, attempt.ms
    FROM delivery_attempt attempt JOIN delivery_job job ON job.id = attempt.job_id AND NOT job.test
    WHERE attempt.started_at >= %(hour)s AND attempt.started_at < %(hour)s + interval '1 hour'
      AND NOT attempt.late
), counts AS (
    SELECT settings_id, {BY_OUTCOME},
           percentile_disc(0.95) WITHIN GROUP (ORDER BY ms) AS p95
    FROM tried GROUP BY settings_id
), times AS (
    SELECT settings_id, jsonb_object_agg(slot, count) AS slots FROM (
        SELECT settings_id, width_bucket(ms, %(bounds)s::int[]) AS slot, count(*) FROM tried
        WHERE ms IS NOT NULL GROUP BY 1, 2
    ) AS slot GROUP BY settings_id
)
INSERT INTO delivery_hourly (hour, settings_id, {", ".join(OUTCOMES)}, p95, times)
SELECT %(hour)s, settings_id, {", ".join(OUTCOMES)}, p95, coalesce(slots, '{{}}')
FROM counts LEFT JOIN times USING (settings_id)
ON CONFLICT (hour, settings_id) DO UPDATE
SET {", ".join(f"{name} = excluded.{name}" for name in (*OUTCOMES, "p95", "times"))}
"""  # noqa: S608 - the names of our own columns


def count() -> int:
    """Counts anew what changed since the last run; returns how many hours. What is done is kept."""
    began = clock.now()
    state, _made = Counted.objects.get_or_create(pk=1)
    if state.rest_until and state.rest_until > began:
        return 0
    hours, more = 0, True
    while more:
        done, more = _step(state, clock.now())
        hours += done
        state.refresh_from_db()
    now = clock.now()
    Counted.objects.update(rest_until=now + REST * (now - began))
    return hours


def forget() -> int:
    """Removes hours of more than 90 days; returns how many."""
    return retire(Hourly.objects.all(), "hour", KEPT)


def _step(state: Counted, now: datetime) -> tuple[int, bool]:
    """One stretch of ids: how many hours it changed, and whether another stretch follows."""
    newest = Attempt.objects.aggregate(newest=Max("pk"))["newest"] or 0
    top = min(newest, state.mark + STEP)
    hours = _changed(state.mark, top, now)
    for hour in hours:
        _count(hour)
    if top < newest:
        _go_on(state, mark=top - SLACK, top=top, top_at=None)
    elif state.top_at is None or now - state.top_at >= SETTLED:
        # All that was being written when `state.top` was the newest is in what was counted now.
        mark = state.top if state.top_at else state.mark
        _go_on(state, mark=max(mark, state.mark), top=top, top_at=now)
    return len(hours), top < newest


def _changed(mark: int, top: int, now: datetime) -> list[datetime]:
    """Hours with attempts of these ids. Those from which attempts may have been removed stay as they are."""
    whole = timedelta(days=min(KEPT, settings.ATTEMPT_DAYS or KEPT) - 1)
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"mark": mark, "top": top})
        return [hour for (hour,) in cursor.fetchall() if hour > now - whole]


@transaction.atomic
def _count(hour: datetime) -> None:
    # One at a time, and each sees all that the one before it saw: an older view never overwrites a newer.
    Counted.objects.select_for_update(no_key=True).get(pk=1)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"hour": hour, "bounds": list(BOUNDS)})


def _go_on(state: Counted, *, mark: int, top: int, top_at: datetime | None) -> None:
    """Unless another run went on from there meanwhile."""
    here = Counted.objects.filter(mark=state.mark, top=state.top)
    here.update(mark=mark, top=top, top_at=top_at)
