"""Caps of the partner and of the assignment: both hold."""

from collections.abc import Sequence

from distribution.routing.case import Case, Seat
from distribution.routing.gates.base import PASS, Judgement, Skip
from distribution.routing.ledger import Take, full
from distribution.rules.targets import Target
from partners.caps import PERIODS


class CapsGate:
    """There is a place in every period. Else the detail is [whose, period, used, cap]."""

    def judge(self, seat: Seat, case: Case) -> Judgement:
        for take in case.world.takes(seat):
            if skip := capped(take, case.ledger.used(take.owner)):
                return skip
        return PASS

    def reads(self, seat: Seat) -> Sequence[Target]:
        return ()


def capped(take: Take, used: Sequence[int]) -> Skip | None:
    """The reason where a place cannot be taken any more, with `used` of its owner taken."""
    place = full(take.caps, used)
    if place is None:
        return None
    return Skip("cap", [take.owner.kind, PERIODS[place], used[place], take.caps[place]])
