"""Caps: the most leads a day, week, month and in all. What counts the leads is above: see distribution."""

from datetime import datetime
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

    def lower(self, own: "Caps") -> "Caps":
        """Those of `own` that are lower than these, None for the others."""
        pairs = zip(self, own, strict=True)
        return Caps(
            *(mine if mine is not None and (cap is None or mine < cap) else None for cap, mine in pairs)
        )

    def lowered(self, lower: "Caps") -> "Caps":
        """These, but for where `lower` has one."""
        return Caps(*(cap if mine is None else mine for cap, mine in zip(self, lower, strict=True)))


UNCAPPED = Caps()


class Own(NamedTuple):
    """What a partner takes at most by its own will; nothing before `none_until`, which is aware."""

    caps: Caps
    none_until: datetime | None = None

    def at(self, now: datetime) -> Caps:
        """Its caps at an instant."""
        none = self.none_until is not None and now < self.none_until
        return self.caps._replace(day=0) if none else self.caps
