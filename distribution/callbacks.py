"""Call-backs: a partner's answer goes to the source of the lead, where its key names an address.

The answer's transaction writes a row. A run leases rows, sends them outside of any transaction, each key's in
their order and one after the other, and marks what was taken: so a row is sent again where a worker dies
between the two, with the same `webhook-id`. A key whose address does not answer costs a run one call and
holds up no other; what is refused waits longer each time, and is given up after a day.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from delivery.channels.base import DeliveryError
from delivery.http import Sender
from delivery.posting import Post
from delivery.signing import SigningError
from distribution.models import ApiKey, Callback, Lead
from leadflip.kit import clock, crypto, retire
from partners.models import User
from partners.outgoing import OutgoingError
from portal.models import Entry

log = structlog.get_logger(__name__)

DAY = timedelta(days=1)
# Seconds before the next try; the last one repeats.
WAITS = (10, 60, 300, 900, 3600)
MOST = 200
# Of a key's calls in one run, which follow each other; the lease outlasts them and the last one's time-out.
SECONDS = 60
LEASE = timedelta(seconds=300)
DAYS_KEPT = 30


def answered(entry: Entry, user: User, **_: object) -> None:
    """Receiver of `entry_answered`: a row in the transaction of the answer."""
    wanted = Lead.objects.filter(pk=entry.lead_id).exclude(api_key__callback_url="")
    key_id = wanted.values_list("api_key_id", flat=True).first()
    if key_id is not None:
        now = clock.now()
        Callback.objects.create(
            api_key_id=key_id,
            lead_id=entry.lead_id,
            partner_id=entry.partner_id,
            review=entry.review,
            reason=entry.reason,
            at=now,
            due=now,
        )


def run() -> int:
    """Sends what is due; returns how many were taken."""
    rows = _lease(clock.now())
    by_key: dict[ApiKey, list[Callback]] = defaultdict(list)
    for row in rows:
        by_key[row.api_key].append(row)
    said = asyncio.run(_send_all(by_key)) if rows else {}
    now = clock.now()
    for row in rows:
        _settle(row, said.get(row.pk), now)
    return sum(not error for error in said.values())


def forget() -> int:
    """Removes those that are over and a month old; returns how many."""
    return retire.retire(Callback.objects.filter(due=None), "at", DAYS_KEPT)


def body(row: Callback) -> bytes:
    """What is sent: the answer, and of the partner its name where the key may know it."""
    data = {"lead_id": str(row.lead_id), "review": row.review, "reason": row.reason or None}
    if row.api_key.audit:
        data["partner"] = row.partner.name
    told = {"type": "lead.answered", "timestamp": _iso(row.at), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


@transaction.atomic
def _lease(now: datetime) -> list[Callback]:
    due = Callback.objects.filter(due__lte=now).select_for_update(skip_locked=True, of=("self",))
    rows = list(due.select_related("api_key", "partner").order_by("due", "id")[:MOST])
    Callback.objects.filter(pk__in=[row.pk for row in rows]).update(due=now + LEASE)
    return sorted(rows, key=lambda row: row.pk)


async def _send_all(by_key: Mapping[ApiKey, Sequence[Callback]]) -> dict[int, str]:
    """By row that was tried, the class of its error, "" where it was taken."""
    sender = Sender()
    try:
        parts = await asyncio.gather(*(_send(sender, key, rows) for key, rows in by_key.items()))
    finally:
        await sender.close()
    return {row: error for part in parts for row, error in part.items()}


async def _send(sender: Sender, key: ApiKey, rows: Sequence[Callback]) -> dict[int, str]:
    """One after the other, for SECONDS; what follows one that failed is not tried."""
    said, end = dict[int, str](), time.monotonic() + SECONDS
    for row in rows:
        said[row.pk] = await _one(sender, key, row)
        if said[row.pk] or time.monotonic() > end:
            break
    return said


async def _one(sender: Sender, key: ApiKey, row: Callback) -> str:
    try:
        secrets = key.callback_secrets()
        await sender.send(Post(key.callback_url, secrets, f"answer_{row.pk}", body(row)).call(clock.now()))
    except DeliveryError as error:
        return error.error_class
    except (OutgoingError, SigningError, crypto.SealError):
        return "settings"
    return ""


def _settle(row: Callback, error: str | None, now: datetime) -> None:
    """`error` None: it was not tried, and waits no longer than the one before it."""
    if error == "":
        changed: dict[str, Any] = {"taken_at": now, "due": None, "said": ""}
    elif now - row.at > DAY or not row.api_key.callback_url:
        log.warning("callback_given_up", callback=row.pk, key=row.api_key.prefix, error=error)
        changed = {"due": None, "said": error or row.said}
    else:
        wait = WAITS[min(row.tries, len(WAITS) - 1)]
        changed = {"due": now + timedelta(seconds=wait), "said": error or row.said}
        changed["tries"] = row.tries + (error is not None)
    Callback.objects.filter(pk=row.pk).update(**changed)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
