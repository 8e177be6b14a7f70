"""Caps of the partner and of the assignment: both hold, and so does the assignment's pacing."""

from collections.abc import Sequence

from distribution.routing.case import Case, Seat
from distribution.routing.gates.base import PASS, Judgement, Skip
from distribution.routing.ledger import Take, full
from distribution.rules.targets import Target
from partners.caps import PERIODS


class CapsGate:
    """There is a place in every period. Else the detail is [whose, period, used, most].

    The code is "cap", and "pacing" where the cap has a place, but not yet.
    """

    def judge(self, seat: Seat, case: Case) -> Judgement:
        for take in case.world.takes(seat, case.now):
            if skip := capped(take, case.ledger.used(take.owner)):
                return skip
        return PASS

    def reads(self, seat: Seat) -> Sequence[Target]:
        return ()


def capped(take: Take, used: Sequence[int]) -> Skip | None:
    """The reason where a place cannot be taken any more, with `used` of its owner taken."""
    for code, caps in (("cap", take.caps), ("pacing", take.by_now)):
        place = full(caps, used)
        if place is not None:
            return Skip(code, [take.owner.kind, PERIODS[place], used[place], caps[place]])
    return None
