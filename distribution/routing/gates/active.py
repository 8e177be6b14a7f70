"""Assignments that are switched off, partners that are inactive, partners that cannot be reached."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from distribution.routing.case import Case, Seat
from distribution.routing.gates.base import PASS, Judgement, Record, Skip
from distribution.rules.targets import Target


class Active:
    """The assignment is enabled and its partner is active."""

    codes = ("disabled", "inactive")

    def judge(self, seat: Seat, case: Case) -> Judgement:
        if not seat.enabled:
            return Skip("disabled")
        partner = case.world.partners.get(seat.partner_id)
        return PASS if partner and partner.active else Skip("inactive")

    def reads(self, seat: Seat) -> Sequence[Target]:
        return ()

    def tell(self, code: str, detail: Any, record: Record) -> str:
        return _("its assignment is not enabled") if code == "disabled" else _("the partner is inactive")


class Reachable:
    """There are delivery settings to send by."""

    codes = ("no_settings",)

    def judge(self, seat: Seat, case: Case) -> Judgement:
        return PASS if case.world.settings_id(seat) is not None else Skip("no_settings")

    def reads(self, seat: Seat) -> Sequence[Target]:
        return ()

    def tell(self, code: str, detail: Any, record: Record) -> str:
        return _("no delivery method is set for it")
