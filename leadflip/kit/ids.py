"""Ids whose order is the order of time: UUID version 7 (RFC 9562, section 5.7)."""

import os
from datetime import UTC, datetime
from uuid import UUID

from leadflip.kit import clock

# The lower 62 of the free bits.
MOST_LOW = (1 << 62) - 1


def uuid7(at: datetime | None = None) -> UUID:
    """A UUIDv7 of the instant `at` (aware; now if not given), its 74 free bits random."""
    moment = at or clock.now()
    milliseconds = int(moment.timestamp() * 1000)
    free = int.from_bytes(os.urandom(10))
    return UUID(int=milliseconds << 80 | 0x7 << 76 | free >> 68 << 64 | 0b10 << 62 | free & MOST_LOW)


def instant(value: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond, in UTC."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


def first_of(at: datetime) -> UUID:
    """The smallest UUIDv7 of the instant `at`: a time filter is `id >= first_of(start)`."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)
