"""Alerts to the machine of whoever operates: one signed POST an alert, as Standard Webhooks has it.

An alert that is taken for a run is leased, sent outside of any transaction, and marked once a 2xx came: so
it is posted again where a worker dies between the two, with the same `webhook-id`. What is refused waits
longer each time, in its row, until it is a day old.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from delivery.alerts.matter import Matter, matters_of
from delivery.channels.base import DeliveryError
from delivery.http import Call, Sender
from delivery.models import Alert
from delivery.posting import Post
from leadflip.kit import clock

log = structlog.get_logger(__name__)

DAY = timedelta(days=1)
# Seconds before the next try; the last one repeats.
WAITS = (60, 120, 300, 900, 3600)
# Of one run. Its lease outlasts it: as many calls, each of posting.TIMEOUT seconds.
MOST = 20
LEASE = timedelta(seconds=300)


class Letter(NamedTuple):
    """What is posted of one alert."""

    alert: Alert
    body: bytes

    @property
    def id(self) -> str:
        """The same at each try."""
        return f"alert_{self.alert.pk}"


def run() -> int:
    """Posts what is due; returns how many were taken. Nothing without ALERT_WEBHOOK_URL.

    The first one that is not taken ends the run. Raises OutgoingError and SigningError for settings that
    the system checks refuse.
    """
    if not settings.ALERT_WEBHOOK_URL:
        return 0
    now = clock.now()
    letters = [Letter(matter.alert, body(matter)) for matter in matters_of(_take(now))]
    posted = asyncio.run(_posted(letters))
    Alert.objects.filter(pk__in=[letter.alert.pk for letter in letters[:posted]]).update(posted_at=now)
    for place, letter in enumerate(letters[posted:]):
        _wait(letter.alert, now, tries=0 if place else 1)
    return posted


def refused() -> QuerySet[Alert]:
    """Those that the other side does not take; none where nothing is posted."""
    rows = Alert.objects.filter(posted_at=None, post_tries__gt=0, opened_at__gt=clock.now() - DAY)
    return rows if settings.ALERT_WEBHOOK_URL else rows.none()


def body(matter: Matter) -> bytes:
    """The bytes that are posted."""
    alert = matter.alert
    data = {
        "id": alert.pk,
        "kind": alert.kind,
        "key": alert.key,
        "what": matter.what,
        "who": matter.who,
        "text": matter.text,
        "link": matter.link,
        "opened_at": _iso(alert.opened_at),
        "closed_at": _iso(alert.closed_at) if alert.closed_at else None,
    }
    told = {"type": "alert.opened", "timestamp": _iso(alert.opened_at), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


@transaction.atomic
def _take(now: datetime) -> list[Alert]:
    """Leases them. What somebody looks after already is told to nobody."""
    due = Q(post_due=None) | Q(post_due__lte=now)
    fresh = Alert.objects.filter(due, posted_at=None, acknowledged_at=None, opened_at__gt=now - DAY)
    taken = list(fresh.select_for_update(skip_locked=True).order_by("opened_at", "pk")[:MOST])
    Alert.objects.filter(pk__in=[alert.pk for alert in taken]).update(post_due=now + LEASE)
    return taken


async def _posted(letters: Sequence[Letter]) -> int:
    """How many were taken, in their order."""
    sender = Sender()
    try:
        for place, letter in enumerate(letters):
            try:
                await sender.send(_call(letter))
            except DeliveryError as error:
                log.warning("alert_not_posted", alert=letter.id, error=error.error_class)
                return place
        return len(letters)
    finally:
        await sender.close()


def _call(letter: Letter) -> Call:
    secrets = [{"secret": secret} for secret in settings.ALERT_WEBHOOK_SECRET]
    return Post(settings.ALERT_WEBHOOK_URL, secrets, letter.id, letter.body).call(clock.now())


def _wait(alert: Alert, now: datetime, *, tries: int) -> None:
    """Lets it wait; one behind the refused one was not tried, and waits least."""
    wait = WAITS[min(alert.post_tries, len(WAITS) - 1)] if tries else WAITS[0]
    due = now + timedelta(seconds=wait)
    Alert.objects.filter(pk=alert.pk).update(post_due=due, post_tries=F("post_tries") + tries)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
