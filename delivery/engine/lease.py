"""What happens to rows whose claim nobody will settle, and to those handed back unstarted."""

import random
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings

from delivery.engine.claim import Claimed
from delivery.engine.link import Link
from delivery.engine.settle import Result, settle
from delivery.models import Engine
from delivery.retry import DEFAULT, Policy, Tried, Wait, next_step

SWEEP = 1000

EXPIRED = """
SELECT job.id, job.claim_token::text, job.attempts, job.attempts - job.budget_from,
       coalesce(%(now)s::timestamptz, now()),
       (SELECT waits FROM partners_retrypolicy policy WHERE policy.id = job.policy_id)
FROM delivery_job job
WHERE job.status = 'sending' AND (
    job.lease_until < coalesce(%(now)s::timestamptz, now())
    OR %(early)s AND EXISTS (
        SELECT FROM delivery_engine engine
        WHERE engine.id = job.engine AND engine.seen_at < now() - %(unseen)s * interval '1 second'))
ORDER BY job.lease_until LIMIT %(most)s
FOR NO KEY UPDATE SKIP LOCKED
"""

# Waiting jobs of partners that were made inactive.
CANCEL = """
UPDATE delivery_job SET status = 'cancelled', told = false, next_attempt_at = NULL,
    settled_at = coalesce(%(now)s::timestamptz, now()), reason = %(reason)s
WHERE id IN (
    SELECT job.id
    FROM partners_deliverysettings settings
    JOIN partners_partner partner ON partner.id = settings.partner_id AND NOT partner.active
    CROSS JOIN LATERAL (
        SELECT id FROM delivery_job
        WHERE settings_id = settings.id AND status IN ('queued', 'retrying')
        ORDER BY next_attempt_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
    ) AS job
    LIMIT %(most)s
)
RETURNING id
"""

# Jobs that waited too long behind an open breaker: over a day, and over 1.2 times their schedule. A pause
# is no outage: nothing grows too old while it lasts, and after it age counts from its end.
EXPIRE = """
UPDATE delivery_job job
SET status = 'failed', told = false, next_attempt_at = NULL,
    settled_at = coalesce(%(now)s::timestamptz, now()),
    reason = format(%(reason)s, to_char(old.failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
FROM (
    SELECT job.id, lane.failing_since
    FROM delivery_lane lane
    JOIN partners_deliverysettings settings
        ON settings.id = lane.settings_id OR (lane.smtp_id IS NOT NULL AND settings.kind = 'email')
    CROSS JOIN LATERAL (
        SELECT waiting.id FROM delivery_job waiting
        LEFT JOIN partners_retrypolicy policy ON policy.id = waiting.policy_id
        WHERE waiting.settings_id = settings.id AND waiting.status IN ('queued', 'retrying')
          AND greatest(waiting.budget_due, lane.resumed_at)
              < coalesce(%(now)s::timestamptz, now()) - greatest(
              %(age)s, 1.2 * coalesce((SELECT sum(wait) FROM unnest(policy.waits) AS wait), %(schedule)s)
          ) * interval '1 second'
        LIMIT %(most)s FOR NO KEY UPDATE OF waiting SKIP LOCKED
    ) AS job
    WHERE lane.state IN ('open', 'probing') AND lane.paused_at IS NULL
    LIMIT %(most)s
) AS old
WHERE job.id = old.id
RETURNING job.id
"""

HAND_BACK = """
UPDATE delivery_job AS job
SET status = CASE WHEN job.attempts - 1 = job.budget_from THEN 'queued' ELSE 'retrying' END,
    attempts = job.attempts - 1, claim_token = NULL, lease_until = NULL,
    next_attempt_at = coalesce(%(now)s::timestamptz, now()) + %(wait)s * interval '1 second'
FROM unnest(%(id)s::uuid[], %(token)s::uuid[]) AS mine (id, token)
WHERE job.id = mine.id AND job.claim_token = mine.token AND job.status = 'sending'
"""

INACTIVE = "The partner was made inactive."
DOWN = "The destination has been down since %s UTC."
LOST = "The worker was lost before it could say how the attempt ended."


async def sweep(link: Link, now: datetime | None = None, *, early: bool = False) -> int:
    """Ends expired claims as attempts `unknown`, each with its next wait; returns how many.

    With `early` also those of engines that have shown no sign of life for 10 s.
    Many engines may sweep at once: each takes rows that no other is sweeping.
    Raises psycopg.OperationalError.
    """
    async with link.transaction() as fetch:
        rows = await fetch(EXPIRED, {"now": now, "most": SWEEP, "early": early, "unseen": Engine.UNSEEN})
        return len(await settle(fetch, [_lost(*row) for row in rows], now)) if rows else 0


async def cancel_inactive(link: Link, now: datetime | None = None) -> int:
    """Cancels waiting jobs of inactive partners; returns how many."""
    return len(await link.fetch(CANCEL, {"now": now, "most": SWEEP, "reason": INACTIVE}))


async def expire(link: Link, now: datetime | None = None) -> int:
    """Fails jobs that waited too long behind an open breaker; returns how many."""
    parameters = {
        "now": now,
        "most": SWEEP,
        "reason": DOWN,
        "age": settings.DOWN_SECONDS,
        "schedule": sum(DEFAULT.waits),
    }
    return len(await link.fetch(EXPIRE, parameters))


async def hand_back(
    link: Link, claimed: Sequence[Claimed], *, wait: float = 0, now: datetime | None = None
) -> None:
    """Returns rows that were claimed and not started, uncharged, due after `wait` seconds."""
    await link.fetch(
        HAND_BACK,
        {
            "id": [row.id for row in claimed],
            "token": [row.token for row in claimed],
            "wait": wait,
            "now": now,
        },
    )


def _lost(
    job_id: UUID, token: str, attempt: int, number: int, at: datetime, waits: list[int] | None
) -> Result:
    policy = DEFAULT if waits is None else Policy(tuple(waits))
    step = next_step(Tried(number), policy, random.random)
    return Result(
        id=job_id,
        token=token,
        number=attempt,
        status="retrying" if isinstance(step, Wait) else "failed",
        outcome="unknown",
        started_at=at,
        wait=step.seconds if isinstance(step, Wait) else None,
        error_class="worker_lost",
        error=LOST,
        reason="" if isinstance(step, Wait) else LOST,
    )
