"""Keyed digests (for exact search of sealed values) and plain ones (for random keys)."""

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings


def digests(text: str) -> list[bytes]:
    """16-byte HMAC-SHA256 digests of `text`, one a key of DIGEST_KEYS, the newest first."""
    data = text.encode()
    return [hmac.digest(_key(key), data, "sha256")[:16] for key in settings.DIGEST_KEYS]


@lru_cache(maxsize=16)
def _key(text: str) -> bytes:
    return base64.b64decode(text)


def fingerprint(secret: str) -> bytes:
    """32-byte SHA-256 of a random secret of 128 bits or more, which needs no salt and no key."""
    return hashlib.sha256(secret.encode()).digest()
