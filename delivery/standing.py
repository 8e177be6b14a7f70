"""How lanes stand: their health, the last 24 hours, and what waits for them. Bounded however many there are.

A lane is a settings row of a webhook; all e-mail together is the account's, under the key ACCOUNT.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from delivery.models import Lane
from delivery.models.hourly import OUTCOMES
from delivery.trial import SCOPE
from leadflip.kit.histogram import Slots, added, quantile
from leadflip.kit.show import MOST
from partners.models import DeliverySettings
from partners.models.settings import Kind

ACCOUNT = 0
DAY = 24
# Whom it concerns first: slowed, paused, recovering, failing at times, and all that deliver.
SLOWED, PAUSED, RAMP, FAILING, FINE = range(5)

HOURS = f"""
SELECT CASE settings.kind WHEN 'email' THEN 0 ELSE settings.id END, hourly.hour, sum(delivered),
       sum({" + ".join(OUTCOMES)}), jsonb_agg(hourly.times)
FROM delivery_hourly hourly JOIN partners_deliverysettings settings ON settings.id = hourly.settings_id
WHERE hourly.hour >= %(since)s AND hourly.settings_id = ANY (%(lanes)s::bigint[] || ARRAY(
    SELECT id FROM partners_deliverysettings WHERE %(account)s AND kind = 'email'))
GROUP BY 1, 2
"""  # noqa: S608 - the names of our own columns

BACKLOG = """
SELECT lane, (
    SELECT count(*) FROM (
        SELECT FROM delivery_job WHERE settings_id = lane AND status IN ('queued', 'retrying') LIMIT %(most)s
    ) AS job
), (
    SELECT next_attempt_at FROM delivery_job WHERE settings_id = lane AND status IN ('queued', 'retrying')
    ORDER BY next_attempt_at LIMIT 1
) FROM unnest(%(lanes)s::bigint[]) AS lane
UNION ALL
SELECT 0, (
    SELECT count(*) FROM (
        SELECT FROM partners_deliverysettings settings CROSS JOIN LATERAL (
            SELECT FROM delivery_job
            WHERE settings_id = settings.id AND status IN ('queued', 'retrying') LIMIT %(most)s
        ) AS waiting WHERE settings.kind = 'email' LIMIT %(most)s
    ) AS job
), (
    SELECT min(first.next_attempt_at) FROM partners_deliverysettings settings CROSS JOIN LATERAL (
        SELECT next_attempt_at FROM delivery_job
        WHERE settings_id = settings.id AND status IN ('queued', 'retrying') ORDER BY next_attempt_at LIMIT 1
    ) AS first WHERE settings.kind = 'email'
) WHERE %(account)s
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour's attempts of a lane, milliseconds at half of them and at 95 of 100."""

    at: datetime
    delivered: int = 0
    tries: int = 0
    times: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """A lane as it is: `settings` None for the account, `health` None where nothing is amiss.

    `backlog` is counted up to MOST + 1; `due`: when the first of them was or is due. 24 hours, oldest first.
    """

    key: int
    settings: DeliverySettings | None
    health: Lane | None
    hours: Sequence[Hour] = ()
    backlog: int = 0
    due: datetime | None = None

    @property
    def rank(self) -> int:
        """Whom it concerns first."""
        lane = self.health
        if lane is None:
            return FINE
        if lane.paused_at is not None:
            return PAUSED
        if lane.state == Lane.State.CLOSED:
            return FAILING if lane.failures else FINE
        return RAMP if lane.state == Lane.State.RAMP else SLOWED


def lanes() -> QuerySet[DeliverySettings]:
    """Webhooks of active partners with their health, those first whom something concerns, then by host."""
    slowed = Q(lane__state__in=[Lane.State.OPEN, Lane.State.PROBING])
    rank = Case(
        When(lane__paused_at__isnull=False, then=Value(PAUSED)),
        When(slowed, then=Value(SLOWED)),
        When(lane__state=Lane.State.RAMP, then=Value(RAMP)),
        When(lane__failures__gt=0, then=Value(FAILING)),
        default=Value(FINE),
        output_field=IntegerField(),
    )
    rows = DeliverySettings.objects.filter(kind=Kind.WEBHOOK, partner__active=True)
    rows = rows.exclude(scope__startswith=SCOPE).select_related("partner", "lane__paused_by")
    return rows.annotate(rank=rank).order_by("rank", "host", "pk")


def behind(rows: QuerySet[DeliverySettings], key: int) -> QuerySet[DeliverySettings]:
    """The rows of `lanes()` that follow the one with this key."""
    ranked: QuerySet[Any] = rows
    edge = ranked.filter(pk=key).first()
    if edge is None:
        return rows
    rank, host = edge.rank, edge.host
    later = Q(rank=rank, host=host, pk__gt=key) | Q(rank=rank, host__gt=host) | Q(rank__gt=rank)
    return rows.filter(later)


def account() -> Lane | None:
    """The health of all e-mail."""
    return Lane.objects.select_related("paused_by").filter(smtp__isnull=False).first()


def standings(
    rows: Iterable[DeliverySettings], now: datetime, *, mail: Lane | None = None, with_mail: bool = False
) -> list[Standing]:
    """How these lanes stand, the account before them where it is asked for. Two queries."""
    known = {row.pk: (row, getattr(row, "lane", None)) for row in rows}
    keys: dict[int, tuple[DeliverySettings | None, Lane | None]] = (
        {ACCOUNT: (None, mail)} if with_mail else {}
    )
    keys |= known
    hours, waiting = _hours(known, now, with_mail), _backlog(known, with_mail)
    return [
        Standing(key, row, health, hours[key], *waiting.get(key, (0, None)))
        for key, (row, health) in keys.items()
    ]


def troubled() -> Mapping[str, int]:
    """How many lanes are "slowed", "paused" and "ramp", counted no further than MOST + 1."""
    rows = Lane.objects.filter(Lane.ALONE | Q(state=Lane.State.RAMP)).exclude(
        settings__scope__startswith=SCOPE, settings__isnull=False
    )
    found = list(rows.values_list("state", "paused_at")[: MOST + 1])
    paused = sum(at is not None for _state, at in found)
    ramp = sum(state == Lane.State.RAMP and at is None for state, at in found)
    return {"slowed": len(found) - paused - ramp, "paused": paused, "ramp": ramp}


def _hours(lanes: Collection[int], now: datetime, with_mail: bool) -> dict[int, list[Hour]]:
    last = now.replace(minute=0, second=0, microsecond=0)
    span = [last - timedelta(hours=back) for back in range(DAY - 1, -1, -1)]
    found = {
        (lane, at): Hour(at, int(delivered), int(tries), added(json.loads(times)))
        for lane, at, delivered, tries, times in _rows(HOURS, lanes, with_mail, since=span[0])
    }
    return {lane: [found.get((lane, at), Hour(at)) for at in span] for lane in (*lanes, ACCOUNT)}


def _backlog(lanes: Collection[int], with_mail: bool) -> dict[int, tuple[int, datetime | None]]:
    return {lane: (count, due) for lane, count, due in _rows(BACKLOG, lanes, with_mail)}


def _rows(sql: str, lanes: Collection[int], with_mail: bool, since: datetime | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"lanes": list(lanes), "account": with_mail, "since": since, "most": MOST + 1})
        rows: list[Any] = cursor.fetchall()
    return rows


def in_all(hours: Iterable[Hour]) -> tuple[int, int, int | None, int | None]:
    """Delivered, attempts, p50 and p95 in milliseconds, of several hours together."""
    each = list(hours)
    times = added(hour.times for hour in each)
    tries = sum(hour.tries for hour in each)
    return sum(hour.delivered for hour in each), tries, quantile(times, 0.5), quantile(times, 0.95)
