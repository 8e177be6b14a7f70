"""The breaker as a table: when it opens, how long, and how a lane comes back."""

from datetime import UTC, datetime, timedelta

import pytest

from delivery.breaker import Health, Seen, after, pause

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def middle() -> float:
    return 0.5


def step(health: Health, seen: Seen, seconds: float = 0) -> Health:
    return after(health, seen, NOW + timedelta(seconds=seconds), middle)


def failed(count: int = 1, *, at_once: bool = False) -> Seen:
    return Seen(failures=count, at_once=at_once)


ANSWERED = Seen(answered=True)


def test_ten_failures_in_less_than_a_minute_do_not_open() -> None:
    health = step(Health(), failed(500))
    assert (health.state, health.failures, health.failing_since) == ("closed", 500, NOW)
    assert step(health, failed(), 59).state == "closed"
    assert step(health, failed(), 60).state == "open"


def test_nine_failures_over_an_hour_do_not_open() -> None:
    health = step(Health(), failed(8))
    assert step(health, failed(), 3600).state == "closed"


def test_an_answer_between_begins_the_count_anew() -> None:
    health = step(step(Health(), failed(9)), ANSWERED, 30)
    assert health == Health()
    assert step(health, Seen(answered=True, failures=3), 90).failures == 3


def test_what_leaves_no_doubt_opens_at_once() -> None:
    health = step(Health(), failed(at_once=True))
    assert (health.state, health.open_until) == ("open", NOW + timedelta(seconds=30))


def test_failed_probe_doubles_the_pause_up_to_a_quarter_of_an_hour() -> None:
    health = step(Health(), failed(at_once=True))
    pauses = []
    for _ in range(7):
        health = step(Health("probing", health.failures, NOW, health.opens, NOW), failed())
        assert health.open_until is not None
        pauses.append((health.open_until - NOW).total_seconds())
    assert pauses == [60, 120, 240, 480, 900, 900, 900]


def test_recovery_ramps_two_four_eight_and_forgets() -> None:
    health = Health("probing", 12, NOW, 3, NOW)
    ramps = []
    for _ in range(3):
        health = step(health, ANSWERED)
        ramps.append(health.ramp)
    assert ramps == [2, 4, 8]
    assert step(health, ANSWERED) == Health()


def test_failure_while_recovering_opens_again_for_longer() -> None:
    health = step(Health("ramp", opens=2, ramp=4), failed())
    assert (health.state, health.opens, health.ramp) == ("open", 3, 0)
    assert health.open_until == NOW + timedelta(seconds=120)


def test_failures_behind_an_open_breaker_only_count() -> None:
    health = Health("open", 10, NOW, 1, NOW + timedelta(seconds=30))
    assert step(health, failed(5)) == Health("open", 15, NOW, 1, NOW + timedelta(seconds=30))


@pytest.mark.parametrize(("draw", "seconds"), [(0.0, 24), (0.5, 30), (0.999999, 36)])
def test_pause_is_jittered_by_a_fifth(draw: float, seconds: float) -> None:
    assert pause(1, lambda: draw) == pytest.approx(seconds, rel=1e-4)
