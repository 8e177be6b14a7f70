"""What is taken and whose turn it is, while one transaction decides: plain data, raised in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from partners.caps import UNCAPPED, Caps

NOTHING = (0, 0, 0, 0)
Credits = Mapping[int, int]


class Owner(NamedTuple):
    """Who has caps: kind is "partner" or "assignment"."""

    kind: str
    id: int


class Take(NamedTuple):
    """One place of an owner, its caps, and what of them may be used by now.

    `own`: those of `caps` that its partner lowered itself, None where the admin's stand.
    """

    owner: Owner
    caps: Caps
    by_now: Caps
    own: Caps = UNCAPPED

    @classmethod
    def of(cls, owner: Owner, caps: Caps, own: Caps) -> "Take":
        """The lower of the admin's and the partner's own holds."""
        lower = caps.lower(own)
        both = caps.lowered(lower)
        return cls(owner, both, both, lower)


class Spans(NamedTuple):
    """The first days of the day, week and month that hold an instant, in a partner's zone."""

    day: date
    week: date
    month: date

    @classmethod
    def at(cls, now: datetime, zone: str) -> "Spans":
        """The spans of `now`, which is aware, in the IANA zone `zone`."""
        return cls.of(now.astimezone(ZoneInfo(zone)).date())

    @classmethod
    def of(cls, day: date) -> "Spans":
        """The spans that hold a day."""
        return cls(day, day - timedelta(days=day.weekday()), day.replace(day=1))


def full(caps: Caps, used: Sequence[int], more: int = 1) -> int | None:
    """The first period, by its place in PERIODS, in which `more` do not fit; None where they do."""
    for place, cap in enumerate(caps):
        if cap is not None and used[place] + more > cap:
            return place
    return None


@dataclass(slots=True)
class Ledger:
    """What owners have used in the periods of now, in the order of PERIODS, and the turns by profile.

    `days`: the day that a partner's places count on, where it is not that of the clock.
    """

    uses: dict[Owner, Sequence[int]] = field(default_factory=dict)
    turns: dict[int, Credits] = field(default_factory=dict)
    taken: Counter[Owner] = field(default_factory=Counter)
    limits: dict[Owner, Caps] = field(default_factory=dict)
    days: Mapping[int, date] = field(default_factory=dict)

    def used(self, owner: Owner) -> Sequence[int]:
        """What `owner` has used, with all that was taken here."""
        return self.uses.get(owner, NOTHING)

    def take(self, takes: Iterable[Take]) -> None:
        """Takes the places of one decision."""
        for take in takes:
            self.uses[take.owner] = [number + 1 for number in self.used(take.owner)]
            self.taken[take.owner] += 1
            self.limits[take.owner] = take.by_now

    def turn(self, profile_id: int, credits: Credits) -> None:
        """The turns after one decision."""
        self.turns[profile_id] = credits
