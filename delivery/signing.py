"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`."""

import base64
import binascii
import hmac
from datetime import UTC, datetime
from functools import lru_cache

from partners.outgoing.secrets import PREFIX, Entries, live


class SigningError(ValueError):
    """No live secret, or one that is not base64. Holds no part of it."""


def sign(secrets: Entries, id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one `v1,…` a secret that is live at `timestamp`, newest first.

    `secrets`: see `partners.outgoing.secrets`. `timestamp`: Unix seconds. `id` holds no full stop.
    `body` must be the very bytes that are sent. Raises SigningError.
    """
    alive = live(secrets, datetime.fromtimestamp(timestamp, UTC))
    if not alive:
        raise SigningError("no live secret")
    return " ".join(signature(secret, id, timestamp, body) for secret in alive)


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """One `v1,…`. Raises SigningError where the secret is not base64."""
    code = _keyed(secret).copy()
    code.update(b"%b.%d.%b" % (id.encode("ascii"), timestamp, body))
    return "v1," + base64.b64encode(code.digest()).decode("ascii")


@lru_cache(maxsize=4096)
def _keyed(secret: str) -> hmac.HMAC:
    """The hash with the key in it: OpenSSL looks its algorithm up anew for each fresh one."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise SigningError("a secret is not base64") from None
    return hmac.new(key, digestmod="sha256")
