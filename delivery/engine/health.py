"""The breaker's books: what settled attempts say of their lanes, written where something is amiss.

A lane that never failed has no row and costs nothing here. Each engine adds what it saw; the row is
locked while the pure function of `delivery.breaker` decides, so that many engines agree.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings

from delivery.breaker import Health, Seen, after
from delivery.channels.base import DeliveryError
from delivery.engine.claim import Claimed
from delivery.engine.link import Fetch, Link
from delivery.models import Alert

# E-mail's health is its account's; settings rows begin at 1.
ACCOUNT = 0
GONE = 410
# Classes that speak of us and not of the endpoint.
OURS = ("not_configured", "settings", "template", "sealed", "blocked", "worker_lost", "internal")


class Says(NamedTuple):
    """What one attempt says of a lane: it answered, it failed, and without doubt."""

    lane: int
    answered: bool
    failed: bool
    doubtless: bool = False
    watched: bool = False


def says(row: Claimed, error: DeliveryError | None = None) -> Says | None:
    """What this attempt's end says of its lane; None where there is nobody on the other side."""
    if row.kind == "portal":
        return None
    lane = ACCOUNT if row.kind == "email" else row.settings_id
    if error is None:
        return Says(lane, answered=True, failed=False, watched=row.watched)
    ours = error.error_class in OURS or (row.kind != "email" and error.outcome == "configuration")
    if ours or not error.endpoint:
        return Says(lane, answered=error.answer.code is not None, failed=False, watched=row.watched)
    doubtless = error.answer.code == GONE or error.outcome == "configuration"
    return Says(lane, answered=False, failed=True, doubtless=doubtless, watched=row.watched)


ENSURE = """
INSERT INTO delivery_lane (settings_id, smtp_id, state, failures, opens, ramp)
SELECT nullif(key, 0), CASE key WHEN 0 THEN 1 END, 'closed', 0, 0, 0
FROM unnest(%(keys)s::bigint[]) AS key
ON CONFLICT DO NOTHING
"""

READ = """
SELECT id, coalesce(settings_id, 0), state, failures, failing_since, opens, open_until, ramp,
       coalesce(%(now)s::timestamptz, now())
FROM delivery_lane WHERE coalesce(settings_id, 0) = ANY (%(keys)s::bigint[])
ORDER BY id FOR NO KEY UPDATE
"""

WRITE = """
UPDATE delivery_lane AS lane
SET state = new.state, failures = new.failures, failing_since = new.failing_since, opens = new.opens,
    open_until = new.open_until, ramp = new.ramp
FROM unnest(%(id)s::bigint[], %(state)s::text[], %(failures)s::int[], %(failing_since)s::timestamptz[],
            %(opens)s::int[], %(open_until)s::timestamptz[], %(ramp)s::int[])
    AS new (id, state, failures, failing_since, opens, open_until, ramp)
WHERE lane.id = new.id
"""

# A pause stays, and so does its end while jobs may be there that waited for it (`lease.EXPIRE`).
FORGET = """
DELETE FROM delivery_lane WHERE id = ANY (%(id)s::bigint[]) AND paused_at IS NULL
  AND coalesce(resumed_at < coalesce(%(now)s::timestamptz, now()) - %(age)s * interval '1 second', true)
"""

# One open record a matter, and none within an hour of the end of the one before: what comes and goes is told
# of as soon as it lasts an hour (STILL_OPEN). A recovery is over as it begins.
ALERT = """
INSERT INTO delivery_alert (kind, key, text, opened_at, closed_at)
SELECT %(kind)s::text, key, '', coalesce(%(now)s::timestamptz, now()),
       CASE WHEN %(kind)s::text = 'recovered' THEN coalesce(%(now)s::timestamptz, now()) END
FROM unnest(%(keys)s::text[]) AS key
WHERE NOT EXISTS (
    SELECT FROM delivery_alert recent WHERE recent.kind = %(kind)s::text AND recent.key = key
      AND recent.closed_at > coalesce(%(now)s::timestamptz, now()) - interval '1 hour')
ON CONFLICT DO NOTHING
"""

# Recoveries too: those of earlier versions stayed open, and kept every later one from being told.
RECOVERED = """
UPDATE delivery_alert SET closed_at = coalesce(%(now)s::timestamptz, now())
WHERE key = ANY (%(keys)s::text[]) AND (kind LIKE 'lane_%' OR kind = 'recovered') AND closed_at IS NULL
"""

# A lane that stays open is told of again after an hour and after a day, unless somebody looks after it.
STILL_OPEN = """
INSERT INTO delivery_alert (kind, key, text, opened_at, acknowledged_at, acknowledged_by_id)
SELECT later.kind, named.key, '', coalesce(%(now)s::timestamptz, now()), held.at, held.by
FROM delivery_lane lane
CROSS JOIN (VALUES ('lane_open_hour', interval '1 hour'), ('lane_open_day', interval '24 hours'))
    AS later (kind, age)
CROSS JOIN LATERAL (SELECT coalesce('lane:' || lane.settings_id, 'smtp') AS key) AS named
LEFT JOIN LATERAL (
    SELECT acknowledged_at AS at, acknowledged_by_id AS by FROM delivery_alert open
    WHERE open.key = named.key AND open.closed_at IS NULL AND open.acknowledged_at IS NOT NULL LIMIT 1
) AS held ON true
WHERE lane.state IN ('open', 'probing') AND lane.paused_at IS NULL
  AND lane.failing_since < coalesce(%(now)s::timestamptz, now()) - age
ON CONFLICT DO NOTHING
"""


def gather(said: Iterable[Says]) -> dict[int, Seen]:
    """By lane what its attempts say, in their order; only lanes where something is or was amiss."""
    seen: dict[int, Seen] = {}
    worth: set[int] = set()
    for each in said:
        one = seen.get(each.lane, Seen())
        if each.answered:
            one = Seen(answered=True)
        elif each.failed:
            one = replace(one, failures=one.failures + 1, at_once=one.at_once or each.doubtless)
        seen[each.lane] = one
        if each.watched or each.failed:
            worth.add(each.lane)
    return {lane: seen[lane] for lane in worth}


async def note(
    link: Link,
    seen: Mapping[int, Seen],
    now: datetime | None = None,
    rng: Callable[[], float] = random.random,
) -> None:
    """Writes what was seen into the lanes' rows. Raises psycopg.OperationalError."""
    if not seen:
        return
    keys = sorted(seen)
    async with link.transaction() as fetch:
        failing = [key for key in keys if seen[key].failures]
        if failing:
            await fetch(ENSURE, {"keys": failing})
        rows = await fetch(READ, {"keys": keys, "now": now})
        changed = {
            row[0]: (row[1], Health(*row[2:8]), after(Health(*row[2:8]), seen[row[1]], row[8], rng))
            for row in rows
        }
        await _write(fetch, changed, now)
        await _tell(fetch, changed, now)


async def escalate(link: Link, now: datetime | None = None) -> None:
    """Alerts of lanes that have been open for an hour, and for a day."""
    await link.fetch(STILL_OPEN, {"now": now})


async def _write(
    fetch: Fetch, changed: Mapping[int, tuple[int, Health, Health]], now: datetime | None
) -> None:
    healthy = [lane for lane, (_, _, new) in changed.items() if new == Health()]
    if healthy:
        await fetch(FORGET, {"id": healthy, "now": now, "age": settings.DOWN_SECONDS})
    others = {lane: new for lane, (_, old, new) in changed.items() if new != old}
    if others:
        columns: dict[str, Any] = {
            name: [getattr(new, name) for new in others.values()] for name in Health.__dataclass_fields__
        }
        await fetch(WRITE, {"id": list(others), **columns})


async def _tell(
    fetch: Fetch, changed: Mapping[int, tuple[int, Health, Health]], now: datetime | None
) -> None:
    states = [(Alert.key_of(key), old.state, new.state) for key, old, new in changed.values()]
    # After a ramp too: one that was resumed may fail anew. A record that is open still is not repeated.
    opened = [key for key, old, new in states if old in ("closed", "ramp") and new == "open"]
    if opened:
        await fetch(ALERT, {"kind": Alert.Kind.OPENED.value, "keys": opened, "now": now})
    healed = [key for key, old, new in states if new == "closed" != old]
    if healed:
        await fetch(RECOVERED, {"keys": healed, "now": now})
        await fetch(ALERT, {"kind": Alert.Kind.RECOVERED.value, "keys": healed, "now": now})
