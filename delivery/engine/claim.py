"""The claim: due rows of all lanes in turn, each lane only its share, under a fresh token.

One statement and so one transaction. It walks the lanes (one row of delivery settings each) by the
partial index `job_due`, takes from each no more than its share of the free places and its partner's
room, and never takes a row that would only wait for a place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from delivery.engine.link import Link
from delivery.retry import DEFAULT, Policy

CLAIM = """
WITH RECURSIVE lane(id) AS (
    (SELECT settings_id FROM delivery_job WHERE status IN ('queued', 'retrying')
     ORDER BY settings_id LIMIT 1)
    UNION ALL
    SELECT (SELECT job.settings_id FROM delivery_job job
            WHERE job.status IN ('queued', 'retrying') AND job.settings_id > lane.id
            ORDER BY job.settings_id LIMIT 1)
    FROM lane WHERE lane.id IS NOT NULL
), busy AS (
    SELECT * FROM unnest(%(partners)s::bigint[], %(in_flight)s::int[]) AS busy (partner_id, calls)
), open AS MATERIALIZED (
    SELECT lane.id, settings.version, settings.kind, partner.id AS partner_id,
           partner.in_flight, partner.in_flight - coalesce(busy.calls, 0) AS room,
           count(*) OVER () AS lanes
    FROM lane
    JOIN partners_deliverysettings settings ON settings.id = lane.id
    JOIN partners_partner partner ON partner.id = settings.partner_id AND partner.active
    LEFT JOIN busy ON busy.partner_id = partner.id
    WHERE partner.in_flight > coalesce(busy.calls, 0) AND (settings.kind <> 'email' OR %(email)s > 0)
    ORDER BY lane.id <= %(after)s, lane.id
), due AS (
    SELECT job.id, job.next_attempt_at, open.version, open.kind, open.partner_id, open.in_flight, open.room
    FROM open CROSS JOIN LATERAL (
        SELECT job.id, job.next_attempt_at FROM delivery_job job
        WHERE job.settings_id = open.id AND job.status IN ('queued', 'retrying')
          AND job.next_attempt_at <= coalesce(%(now)s::timestamptz, now())
        ORDER BY job.next_attempt_at
        LIMIT least(open.room, greatest(1, %(free)s / open.lanes))
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS job
    LIMIT %(free)s
), placed AS (
    SELECT id, version, kind, in_flight, room,
           row_number() OVER (PARTITION BY partner_id ORDER BY next_attempt_at) AS of_partner,
           row_number() OVER (PARTITION BY kind ORDER BY next_attempt_at) AS of_kind
    FROM due
)
UPDATE delivery_job AS job
SET status = 'sending', claim_token = gen_random_uuid(), attempts = job.attempts + 1, next_attempt_at = NULL,
    engine = %(engine)s,
    lease_until = coalesce(%(now)s::timestamptz, now())
        + CASE job.kind WHEN 'email' THEN %(email_lease)s ELSE %(lease)s END * interval '1 second'
FROM placed
WHERE job.id = placed.id AND of_partner <= room AND (placed.kind <> 'email' OR of_kind <= %(email)s)
RETURNING job.id, job.claim_token, job.lead_id, job.partner_id, job.settings_id, placed.version, job.kind,
    job.attempts, job.budget_from, job.price, job.currency, job.recipients, job.test, placed.in_flight,
    (SELECT waits FROM partners_retrypolicy policy WHERE policy.id = job.policy_id),
    (SELECT timeout FROM partners_retrypolicy policy WHERE policy.id = job.policy_id)
"""

# When the next row of any lane is due, in seconds from now; lanes at their limit are left out.
NEXT_DUE = """
WITH RECURSIVE lane(id) AS (
    (SELECT settings_id FROM delivery_job WHERE status IN ('queued', 'retrying')
     ORDER BY settings_id LIMIT 1)
    UNION ALL
    SELECT (SELECT job.settings_id FROM delivery_job job
            WHERE job.status IN ('queued', 'retrying') AND job.settings_id > lane.id
            ORDER BY job.settings_id LIMIT 1)
    FROM lane WHERE lane.id IS NOT NULL
)
SELECT extract(epoch FROM min(first.next_attempt_at) - coalesce(%(now)s::timestamptz, now()))::float8
FROM lane
JOIN partners_deliverysettings settings ON settings.id = lane.id
JOIN partners_partner partner ON partner.id = settings.partner_id AND partner.active
CROSS JOIN LATERAL (
    SELECT job.next_attempt_at FROM delivery_job job
    WHERE job.settings_id = lane.id AND job.status IN ('queued', 'retrying')
    ORDER BY job.next_attempt_at LIMIT 1
) AS first
WHERE settings.partner_id <> ALL (%(full)s::bigint[]) AND (settings.kind <> 'email' OR %(email)s > 0)
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row in our hands: what the claim returned of it."""

    id: UUID
    token: UUID
    lead_id: UUID
    partner_id: int
    settings_id: int
    version: int
    kind: str
    attempt: int
    budget_from: int
    price: Decimal | None
    currency: str
    recipients: dict[str, Any] | None
    test: bool
    partner_limit: int
    waits: list[int] | None
    timeout: int | None

    @property
    def policy(self) -> Policy:
        """The job's own retry policy, else the product's."""
        if self.waits is None or self.timeout is None:
            return DEFAULT
        return Policy(tuple(self.waits), self.timeout)

    @property
    def number(self) -> int:
        """The attempt's number in its budget, from 1."""
        return self.attempt - self.budget_from


@dataclass(frozen=True, slots=True)
class Room:
    """What an engine has free: places in all and for e-mail, and each partner's open calls."""

    free: int
    email: int
    in_flight: Mapping[int, int]
    full: Sequence[int]


async def claim(
    link: Link, room: Room, after: int, now: datetime | None = None, engine: UUID | None = None
) -> list[Claimed]:
    """Claims up to `room.free` due rows; the round over the lanes begins behind the lane `after`.

    `now` moves time in tests; without it the database's clock decides. `engine` is written on the rows:
    whose silence makes a sweep take them before their lease ends.
    Raises psycopg.OperationalError.
    """
    rows = await link.fetch(
        CLAIM,
        {
            "partners": list(room.in_flight.keys()),
            "in_flight": list(room.in_flight.values()),
            "free": room.free,
            "email": room.email,
            "after": after,
            "now": now,
            "engine": engine,
            "lease": settings.LEASE_SECONDS,
            "email_lease": settings.EMAIL_LEASE_SECONDS,
        },
    )
    return [Claimed(*row) for row in rows]


async def next_due(link: Link, room: Room, now: datetime | None = None) -> float | None:
    """Seconds until a row is due that could be sent (negative: due already); None: nothing waits."""
    parameters = {"full": list(room.full), "email": room.email, "now": now}
    ((seconds,),) = await link.fetch(NEXT_DUE, parameters)
    return seconds  # type: ignore[no-any-return]  # the cast in SQL says float8
