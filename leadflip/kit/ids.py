"""Ids whose order is the order of time: UUID version 7 (RFC 9562, section 5.7)."""

import os
from datetime import UTC, datetime
from uuid import UUID

from leadflip.kit import clock

# Those behind the variant.
MOST_LOW = (1 << 62) - 1


def uuid7(at: datetime | None = None) -> UUID:
    """A UUIDv7 of the instant `at` (aware; now if not given): the microsecond, then 62 random bits.

    The twelve bits behind the millisecond are its fraction (RFC 9562, section 6.2, method 3), so what was
    made within one stands in order too.
    """
    moment = at or clock.now()
    fraction = moment.microsecond % 1000 * 4096 // 1000
    free = int.from_bytes(os.urandom(8)) & MOST_LOW
    return UUID(int=_milliseconds(moment) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | free)


def instant(value: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond, in UTC."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


def first_of(at: datetime) -> UUID:
    """The smallest UUIDv7 of the instant `at`: a time filter is `id >= first_of(start)`."""
    return UUID(int=_milliseconds(at) << 80 | 0x7 << 76 | 0b10 << 62)


def _milliseconds(at: datetime) -> int:
    # Not by multiplying: 0.123 s would become 122 ms.
    return int(at.timestamp()) * 1000 + at.microsecond // 1000
