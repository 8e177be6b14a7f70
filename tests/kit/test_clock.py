"""Instants as machines read them."""

from datetime import UTC, datetime, timedelta, timezone

from leadflip.kit.clock import iso


def test_iso_is_utc_to_the_millisecond() -> None:
    assert iso(datetime(2026, 11, 24, 9, 30, 0, 250_999, tzinfo=UTC)) == "2026-11-24T09:30:00.250Z"


def test_iso_of_another_zone() -> None:
    berlin = timezone(timedelta(hours=1))
    assert iso(datetime(2026, 11, 24, 0, 0, tzinfo=berlin)) == "2026-11-23T23:00:00.000Z"
