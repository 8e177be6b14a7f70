"""Caps: the most leads a day, week, month and in all. What counts the leads is above: see distribution."""

from typing import NamedTuple

PERIODS = ("day", "week", "month", "life")


class Caps(NamedTuple):
    """The most leads in each period, None for no limit; in the order of PERIODS."""

    day: int | None = None
    week: int | None = None
    month: int | None = None
    life: int | None = None

    @property
    def any(self) -> bool:
        """Whether one of them limits."""
        return self != UNCAPPED


UNCAPPED = Caps()
