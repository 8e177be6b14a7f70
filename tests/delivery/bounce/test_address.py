"""Signed return addresses."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from delivery.bounce import address

JOB = UUID("01890000-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 25, 12, 0, 0, 400_000, tzinfo=UTC)


def test_address_fits_a_local_part_and_is_read_back() -> None:
    signed = address.signed(JOB, NOW, "bounces.example.com")
    local, _, domain = signed.partition("@")
    assert len(local) == 64
    assert domain == "bounces.example.com"
    assert address.read(signed, NOW) == address.Signed(JOB, NOW.replace(microsecond=0), True)


def test_servers_may_change_the_case() -> None:
    read = address.read(address.signed(JOB, NOW, "example.com").upper(), NOW)
    assert read is not None
    assert read.valid


@pytest.mark.parametrize(
    ("later", "valid"),
    [
        (timedelta(days=9, hours=23), True),
        (timedelta(days=10, seconds=1), False),
        (timedelta(minutes=-5), False),
    ],
)
def test_signature_holds_for_ten_days(later: timedelta, valid: bool) -> None:
    read = address.read(address.signed(JOB, NOW, "example.com"), NOW + later)
    assert read is not None
    assert read.valid is valid


@pytest.mark.parametrize("place", [5, 40, 50])
def test_one_changed_letter_is_a_forgery(place: int) -> None:
    signed = address.signed(JOB, NOW, "example.com")
    other = "1" if signed[place] != "1" else "2"
    read = address.read(signed[:place] + other + signed[place + 1 :], NOW)
    assert read is not None
    assert not read.valid


@pytest.mark.parametrize("other", ["b@example.com", "", "b+x.y.z@example.com", "b+" * 99])
def test_other_addresses_are_none_of_ours(other: str) -> None:
    assert address.read(other, NOW) is None


def test_exchanged_keys_still_open(settings: Any) -> None:
    signed = address.signed(JOB, NOW, "example.com")
    settings.DIGEST_KEYS = ["bmV3IGtleSBvZiB0aGUgdGVzdCwgMzIgYnl0ZXMgbG9uZw==", *settings.DIGEST_KEYS]
    assert address.signed(JOB, NOW, "example.com") != signed
    read = address.read(signed, NOW)
    assert read is not None
    assert read.valid
