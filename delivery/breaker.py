"""When a lane is left alone, and how it comes back: a pure function of what its attempts said.

closed → open after ten failures in a row over a minute or more, then a pause that doubles. One probe
after the pause: it fails, and the pause is longer; it succeeds, and the lane ramps up 2, 4, 8.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

OPENS_AT = 10
SPAN = timedelta(minutes=1)
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 15 * 60.0
JITTER = 0.2
RAMPED = 8


@dataclass(frozen=True, slots=True)
class Health:
    """A lane's state. `open_until`: end of the pause, or of the probe's patience."""

    state: str = "closed"
    failures: int = 0
    failing_since: datetime | None = None
    opens: int = 0
    open_until: datetime | None = None
    ramp: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What settled attempts say: `answered`, then so many `failures` of the endpoint in a row.

    `at_once`: one of them leaves no doubt, such as 410 or a refused SMTP account.
    """

    answered: bool = False
    failures: int = 0
    at_once: bool = False


def after(health: Health, seen: Seen, now: datetime, rng: Callable[[], float]) -> Health:
    """The lane's state after these attempts. `rng` gives numbers in [0, 1)."""
    if seen.answered:
        health = _better(health)
    if not seen.failures:
        return health
    health = replace(
        health, failures=health.failures + seen.failures, failing_since=health.failing_since or now
    )
    if health.state in ("probing", "ramp") or (health.state == "closed" and _enough(health, seen, now)):
        return _opened(health, now, rng)
    return health


def pause(opens: int, rng: Callable[[], float]) -> float:
    """Seconds that a lane is left alone after opening so many times in a row."""
    seconds: float = min(FIRST_PAUSE * 2 ** min(opens - 1, 10), LONGEST_PAUSE)
    return seconds * (1 + JITTER * (2 * rng() - 1))


def _better(health: Health) -> Health:
    if health.state == "closed":
        return Health()
    ramp = 2 * max(health.ramp, 1)
    if ramp > RAMPED:
        return Health()
    return Health(state="ramp", opens=health.opens, ramp=ramp)


def _enough(health: Health, seen: Seen, now: datetime) -> bool:
    assert health.failing_since is not None
    return seen.at_once or (health.failures >= OPENS_AT and now - health.failing_since >= SPAN)


def _opened(health: Health, now: datetime, rng: Callable[[], float]) -> Health:
    opens = health.opens + 1
    until = now + timedelta(seconds=pause(opens, rng))
    return replace(health, state="open", opens=opens, open_until=until, ramp=0)
