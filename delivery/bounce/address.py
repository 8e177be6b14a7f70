"""The signed return address of a letter: which job it carries, and when it was written.

`b+<job>.<time in hex>.<16 hex of an HMAC>@<bounce domain>`: 64 characters before the @, the most that a
local part may have (RFC 5321, 4.5.3.1.1).
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from leadflip.kit.digest import digests

# Servers give up after four or five days.
VALID = timedelta(days=10)
# Clocks may differ, and the time is cut to seconds.
SLACK = timedelta(seconds=60)
_SIGNED = re.compile(r"b\+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{8})\.([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a return address says: `valid` is False for a wrong signature, and after ten days."""

    job: UUID
    sent_at: datetime
    valid: bool


def signed(job: UUID, at: datetime, domain: str) -> str:
    """The return address of a letter of this job, written at this moment."""
    moment = f"{int(at.timestamp()):08x}"
    return f"b+{job}.{moment}.{_marks(str(job), moment)[0]}@{domain}"


def read(address: str, now: datetime) -> Signed | None:
    """What `address` says, None for one that has not our form. Servers may have changed its case."""
    found = _SIGNED.fullmatch(address.partition("@")[0].lower())
    if found is None:
        return None
    job, moment, mark = found.groups()
    sent_at = datetime.fromtimestamp(int(moment, 16), UTC)
    genuine = any(hmac.compare_digest(mark, ours) for ours in _marks(job, moment))
    return Signed(UUID(job), sent_at, genuine and now - VALID <= sent_at <= now + SLACK)


def _marks(job: str, moment: str) -> list[str]:
    """The signatures by all keys, the newest first."""
    return [digest[:8].hex() for digest in digests(f"bounce:{job}.{moment}")]
