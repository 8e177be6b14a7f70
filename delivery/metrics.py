"""What can be counted of delivery at any moment, for `/metrics`, `/readyz` and `celery inspect engine`.

Each query is bounded: by a partial index and a limit on the rows that it counts.
"""

import time
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from delivery.models import Engine
from delivery.models.attempt import Outcome
from leadflip.kit.figures import Figure

# Rows that are counted at most: what is more reads as this.
MOST = 100_000

HEALTH = """
SELECT extract(epoch FROM clock_timestamp())::float8, count(*), coalesce(max(abs(clock_off)), 0)
FROM delivery_engine WHERE seen_at > now() - %(unseen)s * interval '1 second'
"""

ENGINES = """
SELECT id::text, host, pid, in_flight, extract(epoch FROM now() - seen_at)::float8
FROM delivery_engine WHERE seen_at > now() - %(unseen)s * interval '1 second' ORDER BY started_at
"""

# One step in the partial index a lane, and there its first row: `first` has lanes that wait, and since when.
FIRST = """
WITH RECURSIVE lane(id) AS (
    (SELECT settings_id FROM delivery_job WHERE status IN ('queued', 'retrying')
     ORDER BY settings_id LIMIT 1)
    UNION ALL
    SELECT (SELECT job.settings_id FROM delivery_job job
            WHERE job.status IN ('queued', 'retrying') AND job.settings_id > lane.id
            ORDER BY job.settings_id LIMIT 1)
    FROM lane WHERE lane.id IS NOT NULL
), first AS (
    SELECT lane.id, (SELECT job.next_attempt_at FROM delivery_job job
            WHERE job.settings_id = lane.id AND job.status IN ('queued', 'retrying')
            ORDER BY job.next_attempt_at LIMIT 1) AS at
    FROM lane WHERE lane.id IS NOT NULL
)
"""
OLDEST = "SELECT count(*), greatest(coalesce(extract(epoch FROM now() - min(at)), 0), 0)::float8 FROM first"
LANES = FIRST + OLDEST

WAITING = """
SELECT CASE WHEN next_attempt_at <= now() THEN 'due' ELSE 'waiting' END, count(*)
FROM (SELECT next_attempt_at FROM delivery_job WHERE status IN ('queued', 'retrying') LIMIT %(most)s) AS job
GROUP BY 1
UNION ALL
SELECT 'sending', count(*)
FROM (SELECT FROM delivery_job WHERE status = 'sending' LIMIT %(most)s) AS job
"""

# Only lanes that failed lately, or are paused, have a row.
ALONE = """
SELECT CASE WHEN paused_at IS NULL THEN 'slowed' ELSE 'paused' END, count(*) FROM delivery_lane
WHERE paused_at IS NOT NULL OR state IN ('open', 'probing') GROUP BY 1
"""

# The newest attempts by key; those of the last hour among them.
ATTEMPTS = """
SELECT outcome, count(*)
FROM (SELECT outcome, started_at FROM delivery_attempt ORDER BY id DESC LIMIT %(most)s) AS newest
WHERE started_at > now() - interval '1 hour'
GROUP BY outcome
"""


def troubles(cursor: CursorWrapper) -> list[str]:
    """What keeps delivery from its best: "worker" (no engine lives), "clock" (ours or one's is off)."""
    before = time.time()
    cursor.execute(HEALTH, {"unseen": Engine.UNSEEN})
    database, engines, engine_off = cursor.fetchone()
    ours_off = max(before - database, database - time.time())
    found = [] if engines else ["worker"]
    return [*found, "clock"] if max(ours_off, engine_off) > Engine.CLOCK_OFF else found


def figures() -> list[Figure]:
    """For `/metrics`."""
    engines, waiting, (lanes, oldest) = _engines(), _waiting(), _lanes()
    attempts = dict.fromkeys(Outcome.values, 0) | dict(_rows(ATTEMPTS))
    return [
        _one("leadflip_engines", "Engines that showed a sign of life within 10 s.", len(engines)),
        _one("leadflip_calls", "Calls that engines have open.", sum(one["in_flight"] for one in engines)),
        Figure("leadflip_jobs", "Jobs by what they wait for, 100000 at most.", "state", waiting),
        _one("leadflip_lanes_waiting", "Lanes with jobs that wait or are due.", lanes),
        _one("leadflip_oldest_due_seconds", "Seconds since the job that is due longest was due.", oldest),
        Figure("leadflip_lanes", "Lanes that are left alone.", "state", _alone()),
        Figure(
            "leadflip_attempts_last_hour",
            "Attempts of the last hour by outcome, among the newest 100000.",
            "outcome",
            attempts,
        ),
    ]


def overview() -> dict[str, Any]:
    """For `celery inspect engine`: engines alive, what is in flight and due, lanes that wait."""
    engines, waiting, (lanes, oldest) = _engines(), _waiting(), _lanes()
    return {
        "engines": engines,
        "in_flight": sum(one["in_flight"] for one in engines),
        **waiting,
        "lanes_waiting": lanes,
        "oldest_due_seconds": round(oldest, 1),
    }


def oldest_due() -> float:
    """Seconds since the job that is due longest was due; 0 where none is."""
    return _lanes()[1]


def _one(name: str, words: str, value: float) -> Figure:
    return Figure(name, words, values={"": value})


def _engines() -> list[dict[str, Any]]:
    return [
        {"id": key, "host": host, "pid": pid, "in_flight": calls, "seen_seconds_ago": round(ago, 1)}
        for key, host, pid, calls, ago in _rows(ENGINES)
    ]


def _waiting() -> dict[str, int]:
    return {"due": 0, "waiting": 0} | dict(_rows(WAITING))


def _alone() -> dict[str, int]:
    return {"paused": 0, "slowed": 0} | dict(_rows(ALONE))


def _lanes() -> tuple[int, float]:
    ((lanes, oldest),) = _rows(LANES)
    return lanes, oldest


def _rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"unseen": Engine.UNSEEN, "most": MOST})
        rows: list[Any] = cursor.fetchall()
    return rows
