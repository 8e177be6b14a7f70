"""The signing secrets of a webhook: made, rotated, and which of them are live.

They stand sealed in the settings row as [{"secret": "whsec_…", "until": ISO time or None, "made": ISO
time}, …], newest first, in the form of Standard Webhooks 1.0. The newest has no end. Some that ended are
kept: they sign no more, and tell what a request was signed with.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

PREFIX = "whsec_"
SIZE = 32
OLD_STAYS = timedelta(hours=24)
LONGEST_STAY = timedelta(days=7)
MOST_LIVE = 3
MOST_ENDED = 5

Entries = Sequence[Mapping[str, Any]]


class TooMany(ValueError):
    """As many secrets are live as may be: one must end first."""


def new_secret() -> str:
    """A fresh secret: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SIZE)).decode("ascii")


def name_of(secret: str) -> str:
    """Six hex digits by which people tell secrets apart; nobody learns a secret from them."""
    return hashlib.sha256(secret.encode()).hexdigest()[:6]


def alive(entries: Entries, at: datetime) -> list[Mapping[str, Any]]:
    """The entries that sign at that time, newest first."""
    return [entry for entry in entries if (end := end_of(entry)) is None or end > at]


def live(entries: Entries, at: datetime) -> list[str]:
    """The secrets that sign at that time, newest first."""
    return [entry["secret"] for entry in alive(entries, at)]


def rotated(
    entries: Entries, secret: str, now: datetime, stays: timedelta = OLD_STAYS
) -> list[dict[str, Any]]:
    """`entries` with `secret` before them. Whichever had no end signs along for `stays`; others keep theirs.

    Raises TooMany where more than three would sign.
    """
    old = [entry if end_of(entry) else ended(entry, now + stays) for entry in entries]
    if len(alive(old, now)) >= MOST_LIVE:
        raise TooMany
    return [{"secret": secret, "until": None, "made": now.isoformat()}, *kept(old, now)]


def ended(entry: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The entry with that end."""
    return {**entry, "until": at.isoformat()}


def kept(entries: Entries, now: datetime) -> list[dict[str, Any]]:
    """The live ones, and the newest few of those that ended."""
    over = [entry for entry in entries if (end := end_of(entry)) is not None and end <= now][:MOST_ENDED]
    return [dict(entry) for entry in entries if entry in over or entry in alive(entries, now)]


def end_of(entry: Mapping[str, Any]) -> datetime | None:
    """When the secret ends or ended; None: no end is set."""
    return datetime.fromisoformat(entry["until"]) if entry.get("until") else None


def made_at(entry: Mapping[str, Any]) -> datetime | None:
    """When the secret was made, where that is known."""
    return datetime.fromisoformat(entry["made"]) if entry.get("made") else None
