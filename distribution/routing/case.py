"""What deciding reads: a profile made ready, the partners as they are now, one lead's values.

All of it is plain data, so a decision can be made again, tried out, or proved without a database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from distribution.routing.hours import Hours
from distribution.routing.ledger import Ledger, Owner, Take
from distribution.routing.pacing import paced
from distribution.rules import Rules
from distribution.rules.compile import Known
from distribution.rules.targets import Facts
from partners.caps import UNCAPPED, Caps, Own


@dataclass(frozen=True, slots=True)
class Seat:
    """One assignment of a profile. `settings_id` None: the partner's own delivery settings."""

    id: int
    partner_id: int
    enabled: bool
    rules: Rules
    price: Decimal
    settings_id: int | None = None
    weight: int = 1
    caps: Caps = UNCAPPED
    hours: Hours | None = None
    hold: bool = False
    pacing: bool = False


@dataclass(frozen=True, slots=True)
class CompiledProfile:
    """One version of a profile; `seats` are in rank order, the preferred first."""

    profile_id: int
    version: int
    strategy: str
    currency: str
    policy_id: int | None
    rules: Rules
    seats: tuple[Seat, ...]
    sold_limit: int | None = None
    failover: bool = False


@dataclass(frozen=True, slots=True)
class PartnerNow:
    """A partner as it is at this moment, whatever the profile's version."""

    active: bool
    default_settings_id: int | None = None
    zone: str = "UTC"
    caps: Caps = UNCAPPED


@dataclass(frozen=True, slots=True)
class SettingsNow:
    """A delivery-settings row as it is at this moment."""

    kind: str
    policy_id: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Partners and delivery settings by id. Who is missing here gets nothing.

    `counted`: owners whose places are counted already, though they may have no cap any more, and those of
    `own`: what partners lowered themselves.
    """

    partners: Mapping[int, PartnerNow] = field(default_factory=dict)
    settings: Mapping[int, SettingsNow] = field(default_factory=dict)
    counted: frozenset[Owner] = frozenset()
    own: Mapping[Owner, Own] = field(default_factory=dict)
    # Kept by routing.shortlist, by profile and version.
    shortlists: dict[tuple[int, int], Any] = field(default_factory=dict, compare=False, repr=False)

    def takes(self, seat: Seat, now: datetime) -> list[Take]:
        """The places that a job of `seat` takes: of its partner and of the assignment, if counted."""
        partner = self.partners.get(seat.partner_id)
        if partner is None:
            return []
        takes = []
        if partner.caps.any or self._counts("partner", seat.partner_id):
            takes.append(self._take(Owner("partner", seat.partner_id), partner.caps, now))
        if seat.caps.any or self._counts("assignment", seat.id):
            take = self._take(Owner("assignment", seat.id), seat.caps, now)
            if seat.pacing:
                take = take._replace(by_now=paced(take.caps, seat.hours, now, partner.zone))
            takes.append(take)
        return takes

    def _take(self, owner: Owner, caps: Caps, now: datetime) -> Take:
        own = self.own.get(owner) if self.own else None
        return Take(owner, caps, caps) if own is None else Take.of(owner, caps, own.at(now))

    def _counts(self, kind: str, id: int) -> bool:
        return bool(self.counted) and Owner(kind, id) in self.counted

    def settings_id(self, seat: Seat) -> int | None:
        """The delivery settings that a job of `seat` would have: its own, else its partner's."""
        partner = self.partners.get(seat.partner_id)
        chosen = seat.settings_id or (partner.default_settings_id if partner else None)
        return chosen if chosen in self.settings else None


@dataclass(frozen=True, slots=True)
class Case:
    """One lead before one profile. `facts` are its open values by field key, `now` is aware.

    `offered`: partners who had this lead from this profile already. `known`: conditions asked so far.
    """

    facts: Facts
    profile: CompiledProfile
    world: World
    now: datetime
    ledger: Ledger = field(default_factory=Ledger)
    offered: frozenset[int] = frozenset()
    known: Known = field(default_factory=dict)
