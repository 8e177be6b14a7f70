from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from leadflip.kit import show

NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)


def test_full_time_stands_in_the_active_zone() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert show.full_time(NOW) == "24 Nov 2026, 14:05"


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(0), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), ""),
        (-timedelta(seconds=30), "in a moment"),
        (-timedelta(minutes=5), "in 5 min"),
        (-timedelta(hours=12), "in 12 h"),
        (-timedelta(days=2), ""),
    ],
)
def test_relative_speaks_within_a_day(back: timedelta, words: str) -> None:
    assert show.relative(NOW - back, NOW) == words


@pytest.mark.parametrize(
    ("ms", "words"),
    [(None, "–"), (0, "0 ms"), (340, "340 ms"), (1200, "1.2 s"), (120_000, "2 min"), (7_200_000, "2 h")],
)
def test_duration_takes_the_unit_that_fits(ms: int | None, words: str) -> None:
    assert show.duration(ms) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "–"),
        (Decimal("0"), "0.00\xa0EUR"),
        (Decimal("1250"), "1,250.00\xa0EUR"),
        (Decimal("12.5000"), "12.50\xa0EUR"),
        (Decimal("0.1234"), "0.1234\xa0EUR"),
    ],
)
def test_money_shows_the_decimals_it_has(amount: Decimal | None, words: str) -> None:
    assert show.money(amount, "EUR") == words


def test_count_stops_at_a_thousand() -> None:
    assert [show.count(n) for n in (0, 999, 1000, 1001)] == ["0", "999", "1,000", "1,000+"]


def test_leads_counts_in_words() -> None:
    assert [show.leads(n) for n in (0, 1, 4812)] == ["0 leads", "1 lead", "4,812 leads"]
