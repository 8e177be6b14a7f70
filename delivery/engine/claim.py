"""The claim: due rows of all lanes in turn, each lane only its share, under a fresh token.

One statement and so one transaction. It walks the lanes (one row of delivery settings each) by the
partial index `job_due`, takes from each no more than its share of the free places and its partner's
room, and never takes a row that would only wait for a place.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from delivery.engine.link import Link
from delivery.retry import DEFAULT, Policy
from delivery.trial import SCOPE

# Calls that a lane may have open before its answers are known.
START = 4

# All lanes with waiting rows, by one step in the partial index a lane.
WAITING = """lane(id) AS (
    (SELECT settings_id FROM delivery_job WHERE status IN ('queued', 'retrying')
     ORDER BY settings_id LIMIT 1)
    UNION ALL
    SELECT (SELECT job.settings_id FROM delivery_job job
            WHERE job.status IN ('queued', 'retrying') AND job.settings_id > lane.id
            ORDER BY job.settings_id LIMIT 1)
    FROM lane WHERE lane.id IS NOT NULL
)"""

# `room` is what a lane may take: by slow start, by its partner's calls and rate, and by its health:
# none while it is paused (but tests, which have lanes of their own, go out: they are how one looks
# whether it works), one probe behind an open breaker, so many calls while it recovers. E-mail's health is
# the account's.
CLAIMING = """
WITH RECURSIVE LANES
, busy AS (
    SELECT * FROM unnest(%(partners)s::bigint[], %(calls)s::int[], %(tokens)s::int[])
        AS busy (partner_id, calls, tokens)
), slow AS (
    SELECT * FROM unnest(%(lanes)s::bigint[], %(lane_calls)s::int[], %(lane_limits)s::int[])
        AS slow (settings_id, calls, most)
), judged AS (
    SELECT lane.id, settings.version, settings.kind, partner.id AS partner_id, partner.in_flight,
           partner.rate, health.id AS health_id, health.ramp, health.state IN ('open', 'probing') AS shut,
           least(partner.in_flight - coalesce(busy.calls, 0),
                 CASE WHEN partner.rate IS NULL THEN %(free)s ELSE coalesce(busy.tokens, partner.rate) END
                 ) AS partner_room,
           coalesce(slow.most, %(start)s) - coalesce(slow.calls, 0) AS lane_room,
           CASE WHEN health.paused_at IS NOT NULL AND NOT starts_with(settings.scope, %(tests)s) THEN 0
                WHEN health.state IN ('open', 'probing')
                    THEN (health.open_until <= coalesce(%(now)s::timestamptz, now()))::int
                WHEN health.state = 'ramp' THEN health.ramp
                    - CASE settings.kind WHEN 'email' THEN %(email_calls)s ELSE coalesce(slow.calls, 0) END
                ELSE %(free)s END AS health_room
    FROM lane
    JOIN partners_deliverysettings settings ON settings.id = lane.id
    JOIN partners_partner partner ON partner.id = settings.partner_id AND partner.active
    LEFT JOIN busy ON busy.partner_id = partner.id
    LEFT JOIN slow ON slow.settings_id = lane.id
    LEFT JOIN delivery_lane health
        ON health.settings_id = settings.id OR (settings.kind = 'email' AND health.smtp_id IS NOT NULL)
    WHERE settings.kind <> 'email' OR %(email)s > 0
), open AS MATERIALIZED (
    SELECT *, least(partner_room, lane_room, health_room) AS room, count(*) OVER () AS lanes
    FROM judged WHERE least(partner_room, lane_room, health_room) > 0
    ORDER BY id <= %(after)s, id
), due AS MATERIALIZED (
    SELECT job.id, job.next_attempt_at, open.id AS settings_id, open.version, open.kind, open.partner_id,
           open.in_flight, open.rate, open.partner_room, open.health_id, open.health_room, open.shut,
           open.ramp
    FROM open CROSS JOIN LATERAL (
        SELECT job.id, job.next_attempt_at FROM delivery_job job
        WHERE job.settings_id = open.id AND job.status IN ('queued', 'retrying')
          AND job.next_attempt_at <= coalesce(%(now)s::timestamptz, now()) WHICH
        ORDER BY job.next_attempt_at
        LIMIT least(open.room, greatest(1, %(free)s / open.lanes))
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS job
    LIMIT %(free)s
), probe AS (
    -- Compare-and-set: of all engines one sends the probe, and its patience is the longest lease.
    UPDATE delivery_lane SET state = 'probing',
        open_until = coalesce(%(now)s::timestamptz, now()) + %(email_lease)s * interval '1 second'
    WHERE id IN (SELECT health_id FROM due WHERE shut) AND state IN ('open', 'probing')
      AND open_until <= coalesce(%(now)s::timestamptz, now())
    RETURNING id
), placed AS (
    SELECT due.*,
           row_number() OVER (PARTITION BY partner_id ORDER BY next_attempt_at) AS of_partner,
           row_number() OVER (PARTITION BY health_id ORDER BY next_attempt_at) AS of_health,
           row_number() OVER (PARTITION BY kind ORDER BY next_attempt_at) AS of_kind
    FROM due LEFT JOIN probe ON probe.id = due.health_id
    WHERE NOT coalesce(shut, false) OR probe.id IS NOT NULL
)
UPDATE delivery_job AS job
SET status = 'sending', claim_token = gen_random_uuid(), attempts = job.attempts + 1, next_attempt_at = NULL,
    engine = %(engine)s,
    lease_until = coalesce(%(now)s::timestamptz, now())
        + CASE job.kind WHEN 'email' THEN %(email_lease)s ELSE %(lease)s END * interval '1 second'
FROM placed
WHERE job.id = placed.id AND of_partner <= partner_room AND (placed.kind <> 'email' OR of_kind <= %(email)s)
  AND (placed.health_id IS NULL OR of_health <= health_room)
RETURNING job.id, job.claim_token::text, job.lead_id, job.partner_id, job.settings_id, placed.version,
    job.kind, job.attempts, job.budget_from, job.price, job.currency, job.recipients, job.test,
    placed.in_flight, placed.rate, coalesce(placed.ramp, 0), placed.health_id IS NOT NULL,
    (SELECT waits FROM partners_retrypolicy policy WHERE policy.id = job.policy_id),
    (SELECT timeout FROM partners_retrypolicy policy WHERE policy.id = job.policy_id)
"""
CLAIM = CLAIMING.replace("LANES", WAITING).replace("WHICH", "")

# The same for lanes that are known to have something: an idle engine need not walk those that hang.
NAMED_LANES = "lane(id) AS (SELECT unnest(%(named)s::bigint[]))"
CLAIM_NAMED = CLAIMING.replace("LANES", NAMED_LANES).replace("WHICH", "")

# The same for one job alone: of all lanes its own, of that lane's rows this one.
ITS_LANE = "lane(id) AS (SELECT settings_id FROM delivery_job WHERE id = %(only)s)"
CLAIM_ONE = CLAIMING.replace("LANES", ITS_LANE).replace("WHICH", "AND job.id = %(only)s")

# When the next row of any lane may be sent, in seconds from now; lanes at their limit are left out.
NEXT_DUE = """
WITH RECURSIVE WAITING
SELECT extract(epoch FROM min(greatest(
    first.next_attempt_at, CASE WHEN health.state IN ('open', 'probing') THEN health.open_until END
)) - coalesce(%(now)s::timestamptz, now()))::float8
FROM lane
JOIN partners_deliverysettings settings ON settings.id = lane.id
JOIN partners_partner partner ON partner.id = settings.partner_id AND partner.active
LEFT JOIN delivery_lane health
    ON health.settings_id = settings.id OR (settings.kind = 'email' AND health.smtp_id IS NOT NULL)
CROSS JOIN LATERAL (
    SELECT job.next_attempt_at FROM delivery_job job
    WHERE job.settings_id = lane.id AND job.status IN ('queued', 'retrying')
    ORDER BY job.next_attempt_at LIMIT 1
) AS first
WHERE lane.id <> ALL (%(full)s::bigint[]) AND settings.partner_id <> ALL (%(full_partners)s::bigint[])
  AND (settings.kind <> 'email' OR %(email)s > 0)
  AND (health.paused_at IS NULL OR starts_with(settings.scope, %(tests)s))
""".replace("WAITING", WAITING)


class Claimed(NamedTuple):
    """One row in our hands: what the claim returned of it.

    `rate`: its partner's calls a second; `ramp`: most calls of a lane that recovers, 0 if it does not;
    `watched`: the lane's health is on record.
    """

    id: UUID
    token: str
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
    rate: int | None
    ramp: int
    watched: bool
    waits: list[int] | None
    timeout: int | None

    @property
    def policy(self) -> Policy:
        """The job's own retry policy, else the product's. A test is tried once."""
        if self.test:
            return Policy((), self.timeout or DEFAULT.timeout)
        if self.waits is None or self.timeout is None:
            return DEFAULT
        return Policy(tuple(self.waits), self.timeout)

    @property
    def number(self) -> int:
        """The attempt's number in its budget, from 1."""
        return self.attempt - self.budget_from


@dataclass(frozen=True, slots=True)
class Room:
    """What an engine has free: places in all and for e-mail, and what is open by partner and lane.

    `partners`: {partner: (open calls, calls that its rate still allows, None without a rate)};
    `lanes`: {settings row: (open calls, most of them)} for those that differ from the start; `full`: the
    lanes at their limit, whose next due row cannot be sent.
    """

    free: int
    email: int
    partners: Mapping[int, tuple[int, int | None]] = field(default_factory=dict)
    lanes: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    email_calls: int = 0
    full: Sequence[int] = ()


async def claim(
    link: Link,
    room: Room,
    after: int,
    now: datetime | None = None,
    engine: UUID | None = None,
    only: UUID | None = None,
    named: Collection[int] = (),
) -> list[Claimed]:
    """Claims up to `room.free` due rows; the round over the lanes begins behind the lane `after`.

    `now` moves time in tests; without it the database's clock decides. `engine` is written on the rows:
    whose silence makes a sweep take them before their lease ends. `only` claims this job or nothing,
    `named` rows of these lanes.
    Raises psycopg.OperationalError.
    """
    rows = await link.fetch(
        CLAIM_ONE if only else CLAIM_NAMED if named else CLAIM,
        {
            "only": only,
            "named": list(named),
            "partners": list(room.partners),
            "calls": [calls for calls, _ in room.partners.values()],
            "tokens": [tokens for _, tokens in room.partners.values()],
            "lanes": list(room.lanes),
            "lane_calls": [calls for calls, _ in room.lanes.values()],
            "lane_limits": [most for _, most in room.lanes.values()],
            "start": START,
            "free": room.free,
            "email": room.email,
            "email_calls": room.email_calls,
            "after": after,
            "now": now,
            "engine": engine,
            "tests": SCOPE,
            "lease": settings.LEASE_SECONDS,
            "email_lease": settings.EMAIL_LEASE_SECONDS,
        },
    )
    return [Claimed._make(row) for row in rows]


async def next_due(
    link: Link, room: Room, full_partners: Sequence[int] = (), now: datetime | None = None
) -> float | None:
    """Seconds until a row is due that could be sent (negative: due already); None: nothing waits."""
    parameters = {
        "full": list(room.full),
        "full_partners": list(full_partners),
        "email": room.email,
        "tests": SCOPE,
        "now": now,
    }
    ((seconds,),) = await link.fetch(NEXT_DUE, parameters)
    return seconds  # type: ignore[no-any-return]  # the cast in SQL says float8
