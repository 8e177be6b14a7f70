"""Assignments that are switched off, partners that are inactive, partners that cannot be reached."""

from collections.abc import Sequence

from distribution.routing.case import Case, Seat
from distribution.routing.gates.base import PASS, Judgement, Skip
from distribution.rules.targets import Target


class Active:
    """The assignment is enabled and its partner is active."""

    def judge(self, seat: Seat, case: Case) -> Judgement:
        if not seat.enabled:
            return Skip("disabled")
        partner = case.world.partners.get(seat.partner_id)
        return PASS if partner and partner.active else Skip("inactive")

    def reads(self, seat: Seat) -> Sequence[Target]:
        return ()


class Reachable:
    """There are delivery settings to send by."""

    def judge(self, seat: Seat, case: Case) -> Judgement:
        return PASS if case.world.settings_id(seat) is not None else Skip("no_settings")

    def reads(self, seat: Seat) -> Sequence[Target]:
        return ()
