"""The schedule, the other side's wishes, and the end of the budget."""

import pytest

from delivery.retry import DEFAULT, Policy, Stop, Tried, Wait, next_step

HOUR = 3600


def middle() -> float:
    return 0.5


def low() -> float:
    return 0.0


def high() -> float:
    return 0.999999


def test_default_schedule_spans_seventeen_hours() -> None:
    steps = [next_step(Tried(number), DEFAULT, middle) for number in range(1, 8)]
    assert [step.seconds for step in steps if isinstance(step, Wait)] == [5, 30, 120, 600, 3600, 14400, 43200]
    assert sum(DEFAULT.waits) == 61_955
    assert next_step(Tried(8), DEFAULT, middle) == Stop(spent=True)


def test_jitter_is_a_fifth_both_ways() -> None:
    policy = Policy((100,), 15)
    assert next_step(Tried(1), policy, low) == Wait(80)
    step = next_step(Tried(1), policy, high)
    assert isinstance(step, Wait)
    assert 119.9 < step.seconds < 120


def test_final_stops_whatever_is_left() -> None:
    assert next_step(Tried(1, final=True), DEFAULT, middle) == Stop(spent=False)


def test_floor_lifts_a_short_wait_and_never_jitters_below() -> None:
    assert next_step(Tried(1, floor=60), DEFAULT, low) == Wait(60)
    assert next_step(Tried(4, floor=60), DEFAULT, middle) == Wait(600)


@pytest.mark.parametrize(
    ("number", "asked", "seconds", "cut"),
    [
        (1, 0, 5, False),  # sooner than the schedule: the schedule
        (1, 10, 10, False),
        (1, HOUR, HOUR, False),  # up to an hour in any case
        (1, 1e12, HOUR, True),
        (5, 2 * HOUR, 2 * HOUR, False),  # up to twice the wait
        (5, 3 * HOUR, 2 * HOUR, True),
        (6, 7 * HOUR, 6 * HOUR, True),  # six hours at most
        (7, 1, 12 * HOUR, False),  # never under the schedule's own wait
        (7, 13 * HOUR, 12 * HOUR, True),
    ],
)
def test_retry_after_is_kept_within_bounds(number: int, asked: float, seconds: float, cut: bool) -> None:
    assert next_step(Tried(number, retry_after=asked), DEFAULT, low) == Wait(seconds, cut)


def test_retry_after_is_never_jittered_earlier() -> None:
    step = next_step(Tried(1, retry_after=100), DEFAULT, high)
    assert isinstance(step, Wait)
    assert 100 <= step.seconds <= 120


def test_retry_after_does_not_lengthen_the_budget() -> None:
    assert next_step(Tried(8, retry_after=1), DEFAULT, middle) == Stop(spent=True)
