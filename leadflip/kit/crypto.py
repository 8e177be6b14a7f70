"""Sealing of values at rest: AES-256-GCM-SIV under the keys of ENCRYPTION_KEYS, the first of which seals.

Whoever opens a value must name its owner; the owner stands inside the seal, so a sealed value that
was copied to another row does not open there. A seal is one byte for its form, twelve random ones (the
nonce), and what the cipher made of the rest; those of an earlier form, Fernet's, still open.
"""

import base64
import hashlib
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from leadflip.kit import jsonbytes

# What a binary column may come back as.
Sealed = bytes | memoryview


class SealError(Exception):
    """A sealed value that no key opens, or that belongs to another owner. Holds no value."""


FORM = b"\x02"
NONCE = 12


@lru_cache(maxsize=16)
def _cipher(key: str) -> AESGCMSIV:
    """The cipher of one of ENCRYPTION_KEYS, by a key derived from it."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"leadflip seal")
    return AESGCMSIV(derived.derive(base64.urlsafe_b64decode(key)))


def _encrypt(data: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return FORM + nonce + _cipher(settings.ENCRYPTION_KEYS[0]).encrypt(nonce, data, None)


def _decrypt(keys: list[str], sealed: bytes) -> bytes | None:
    """None where none of `keys` opens it."""
    if sealed[:1] != FORM:
        return _decrypt_fernet(keys, sealed)
    for key in keys:
        try:
            return _cipher(key).decrypt(sealed[1 : NONCE + 1], sealed[NONCE + 1 :], None)
        except (InvalidTag, ValueError):  # ValueError: shorter than a nonce and a tag
            continue
    return None


def _decrypt_fernet(keys: list[str], sealed: bytes) -> bytes | None:
    try:
        return MultiFernet([Fernet(key) for key in keys]).decrypt(sealed)
    except InvalidToken:
        return None


def key_name() -> str:
    """Eight hex digits that name the key which seals now, for finding what an older one sealed."""
    return _name(settings.ENCRYPTION_KEYS[0])


@lru_cache(maxsize=16)
def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def seal_bytes(owner: object, data: bytes) -> bytes:
    """`data` sealed for `owner` (anything whose `str()` names one row)."""
    name = str(owner).encode()
    return _encrypt(len(name).to_bytes(1, "big") + name + data)


def open_bytes(owner: object, sealed: Sealed) -> bytes:
    """What `seal_bytes` was given. Raises SealError."""
    plain = _decrypt(settings.ENCRYPTION_KEYS, bytes(sealed))
    if plain is None:
        raise SealError(f"No key in ENCRYPTION_KEYS opens the sealed value of {owner}.")
    name = str(owner).encode()
    if plain[: len(name) + 1] != len(name).to_bytes(1, "big") + name:
        raise SealError(f"The sealed value does not belong to {owner}.")
    return plain[len(name) + 1 :]


def renewed(sealed: Sealed) -> bytes | None:
    """The same value, of the same owner, as it is sealed now; None where it is so already.

    Raises SealError where no key opens it.
    """
    token = bytes(sealed)
    newest, *older = settings.ENCRYPTION_KEYS
    if token[:1] == FORM and _decrypt([newest], token) is not None:
        return None
    plain = _decrypt([newest, *older], token)
    if plain is None:
        raise SealError("No key in ENCRYPTION_KEYS opens this sealed value.")
    return _encrypt(plain)


def seal(owner: object, value: Any) -> bytes:
    """A JSON value, sealed for `owner`."""
    return seal_bytes(owner, jsonbytes.written(value))


def unseal(owner: object, sealed: Sealed) -> Any:
    """The JSON value that `seal` was given. Raises SealError."""
    return jsonbytes.read(open_bytes(owner, sealed))
