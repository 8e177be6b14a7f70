"""The assignment's own rules."""

from collections.abc import Sequence

from distribution.routing.case import Case, Seat
from distribution.routing.gates.base import PASS, Judgement, Skip
from distribution.rules.targets import Target


class RulesGate:
    """The lead matches. Else the detail is the failed condition's place: [alternative, condition]."""

    def judge(self, seat: Seat, case: Case) -> Judgement:
        miss = seat.rules.miss(case.facts)
        return Skip("rules", miss.place) if miss else PASS

    def reads(self, seat: Seat) -> Sequence[Target]:
        return seat.rules.targets
