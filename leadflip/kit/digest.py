"""Keyed digests (for exact search of sealed values) and plain ones (for random keys)."""

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings


def digests(text: str) -> list[bytes]:
    """16-byte HMAC-SHA256 digests of `text`, one a key of DIGEST_KEYS, the newest first."""
    data = text.encode()
    return [_digest(key, data)[:16] for key in settings.DIGEST_KEYS]


def _digest(key: str, data: bytes) -> bytes:
    code = _keyed(key).copy()
    code.update(data)
    return code.digest()


@lru_cache(maxsize=16)
def _keyed(key: str) -> hmac.HMAC:
    """The hash with the key in it: OpenSSL looks its algorithm up anew for each fresh one."""
    return hmac.new(base64.b64decode(key), digestmod="sha256")


def fingerprint(secret: str) -> bytes:
    """32-byte SHA-256 of a random secret of 128 bits or more, which needs no salt and no key."""
    return hashlib.sha256(secret.encode()).digest()
