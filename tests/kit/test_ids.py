"""Ids in the order of time."""

from datetime import UTC, datetime, timedelta

import pytest

from leadflip.kit.ids import first_of, instant, uuid7

AT = datetime(2026, 11, 28, 12, 0, 0, 123456, tzinfo=UTC)


def test_order_of_ids_is_the_order_of_microseconds() -> None:
    made = [uuid7(AT + timedelta(microseconds=step)) for step in range(2000)]
    assert made == sorted(made)
    assert len({uuid7(AT) for _ in range(100)}) == 100


@pytest.mark.parametrize("microsecond", [0, 1, 999, 123_000, 122_999, 999_999])
def test_id_is_a_version_7_of_its_instant(microsecond: int) -> None:
    at = AT.replace(microsecond=microsecond)
    made = uuid7(at)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert instant(made) == at.replace(microsecond=microsecond // 1000 * 1000)
    assert first_of(at) <= made < first_of(at + timedelta(milliseconds=1))
