"""Keyed digests (for exact search of sealed values) and plain ones (for random keys)."""

import base64
import hashlib
import hmac

from django.conf import settings


def digests(text: str) -> list[bytes]:
    """16-byte HMAC-SHA256 digests of `text`, one a key of DIGEST_KEYS, the newest first."""
    return [hmac.digest(base64.b64decode(key), text.encode(), "sha256")[:16] for key in settings.DIGEST_KEYS]


def fingerprint(secret: str) -> bytes:
    """32-byte SHA-256 of a random secret of 128 bits or more, which needs no salt and no key."""
    return hashlib.sha256(secret.encode()).digest()
