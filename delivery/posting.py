"""Signed messages of our own to machines of other people: one POST each, as Standard Webhooks has it."""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from delivery.channels.webhook import USER_AGENT
from delivery.http import Call
from delivery.signing import sign
from partners.outgoing import target
from partners.outgoing.secrets import Entries

TIMEOUT = 10.0


class Post(NamedTuple):
    """What is posted where. `id` is the same at each try; the other side discards repeats by it."""

    url: str
    secrets: Entries
    id: str
    body: bytes

    def call(self, now: datetime) -> Call:
        """The request, signed as of `now`. Raises OutgoingError, SigningError."""
        stamp = int(now.timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "accept-encoding": "identity",
            "webhook-id": self.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(self.secrets, self.id, stamp, self.body),
        }
        address = target(self.url, tuple(settings.OUTGOING_ALLOW))
        return Call("POST", address, headers, self.body, TIMEOUT, now)
