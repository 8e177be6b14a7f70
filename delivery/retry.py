"""When a job is tried again: a pure function of what happened and the policy in force."""

from collections.abc import Callable
from dataclasses import dataclass

HOUR = 3600
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds to wait before the second, third … attempt, and an attempt's time-out in seconds."""

    waits: tuple[int, ...] = (5, 30, 2 * 60, 10 * 60, HOUR, 4 * HOUR, 12 * HOUR)
    timeout: int = 15


DEFAULT = Policy()


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt that ended: its number in the current budget (from 1) and what it says of the next.

    `retry_after`: seconds the other side asked for, if it named a usable time; `floor`: least
    seconds to wait where it did not.
    """

    number: int
    final: bool = False
    retry_after: float | None = None
    floor: float = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after `seconds`; `cut` when the other side asked for longer than we wait."""

    seconds: float
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """No further attempt; `spent` when it is the budget that ended it."""

    spent: bool


def next_step(tried: Tried, policy: Policy, rng: Callable[[], float]) -> Wait | Stop:
    """What follows a failed attempt. `rng` gives numbers in [0, 1)."""
    if tried.final:
        return Stop(spent=False)
    if tried.number > len(policy.waits):
        return Stop(spent=True)
    base = policy.waits[tried.number - 1]
    if tried.retry_after is not None:
        return _as_asked(tried.retry_after, base, rng)
    seconds = base * (1 + JITTER * (2 * rng() - 1))
    if seconds < tried.floor:
        seconds = tried.floor * (1 + JITTER * rng())
    return Wait(seconds)


def _as_asked(asked: float, base: int, rng: Callable[[], float]) -> Wait:
    """Within one and two waits of the schedule, up to 1 h in any case and 6 h at most; never earlier."""
    most = max(base, min(max(2 * base, HOUR), 6 * HOUR))
    seconds = min(max(asked, base), most)
    return Wait(seconds * (1 + JITTER * rng()), cut=asked > most)
