"""The signing secrets of a webhook: made, rotated, and which of them are live.

They stand sealed in the settings row as [{"secret": "whsec_…", "until": ISO time or None}, …],
newest first, in the form of Standard Webhooks 1.0.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

PREFIX = "whsec_"
SIZE = 32
OLD_STAYS = timedelta(hours=24)
MOST_LIVE = 3

Entries = Sequence[Mapping[str, Any]]


def new_secret() -> str:
    """A fresh secret: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SIZE)).decode("ascii")


def live(entries: Entries, at: datetime) -> list[str]:
    """The secrets that sign at that time, newest first."""
    return [entry["secret"] for entry in entries if (end := _end(entry)) is None or end > at]


def rotated(entries: Entries, secret: str, now: datetime) -> list[dict[str, Any]]:
    """`entries` with `secret` before them; the old ones sign along for another 24 hours, two at most."""
    old = [entry for entry in entries if _left(entry, now) > now]
    kept = [{"secret": entry["secret"], "until": _left(entry, now).isoformat()} for entry in old]
    return [{"secret": secret, "until": None}, *kept[: MOST_LIVE - 1]]


def _end(entry: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(entry["until"]) if entry.get("until") else None


def _left(entry: Mapping[str, Any], now: datetime) -> datetime:
    end, latest = _end(entry), now + OLD_STAYS
    return latest if end is None else min(end, latest)
