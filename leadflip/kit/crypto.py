"""Sealing of values at rest: Fernet under the keys of ENCRYPTION_KEYS, the first of which seals.

Whoever opens a value must name its owner; the owner stands inside the seal, so a sealed value that
was copied to another row does not open there.
"""

import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

# What a binary column may come back as.
Sealed = bytes | memoryview


class SealError(Exception):
    """A sealed value that no key opens, or that belongs to another owner. Holds no value."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current() -> MultiFernet:
    return _fernet(tuple(settings.ENCRYPTION_KEYS))


def key_name() -> str:
    """Eight hex digits that name the key which seals now, for finding what an older one sealed."""
    return hashlib.sha256(settings.ENCRYPTION_KEYS[0].encode()).hexdigest()[:8]


def seal_bytes(owner: object, data: bytes) -> bytes:
    """`data` sealed for `owner` (anything whose `str()` names one row)."""
    name = str(owner).encode()
    return _current().encrypt(len(name).to_bytes(1, "big") + name + data)


def open_bytes(owner: object, sealed: Sealed) -> bytes:
    """What `seal_bytes` was given. Raises SealError."""
    try:
        plain = _current().decrypt(bytes(sealed))
    except InvalidToken:
        raise SealError(f"No key in ENCRYPTION_KEYS opens the sealed value of {owner}.") from None
    name = str(owner).encode()
    if plain[: len(name) + 1] != len(name).to_bytes(1, "big") + name:
        raise SealError(f"The sealed value does not belong to {owner}.")
    return plain[len(name) + 1 :]


def renewed(sealed: Sealed) -> bytes | None:
    """The same value, of the same owner, under the key that seals now; None where it is under it already.

    Raises SealError where no key opens it.
    """
    token = bytes(sealed)
    try:
        _fernet((settings.ENCRYPTION_KEYS[0],)).decrypt(token)
    except InvalidToken:
        try:
            return _current().rotate(token)
        except InvalidToken:
            raise SealError("No key in ENCRYPTION_KEYS opens this sealed value.") from None
    return None


def seal(owner: object, value: Any) -> bytes:
    """A JSON value, sealed for `owner`."""
    return seal_bytes(owner, ENCODER.encode(value).encode())


def unseal(owner: object, sealed: Sealed) -> Any:
    """The JSON value that `seal` was given. Raises SealError."""
    return json.loads(open_bytes(owner, sealed))
