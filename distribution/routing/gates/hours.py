"""Open hours: closed is skipped, or held until it opens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from distribution.routing.case import Case, Seat
from distribution.routing.gates.base import PASS, Hold, Judgement, Record, Skip
from distribution.rules.targets import Target
from leadflip.kit import show


class HoursGate:
    """The assignment is open. Else the detail is when it opens, in ISO 8601, None where it does not."""

    codes = ("closed",)

    def judge(self, seat: Seat, case: Case) -> Judgement:
        zone = case.world.partners[seat.partner_id].zone
        if seat.hours is None or seat.hours.open_at(case.now, zone):
            return PASS
        opening = seat.hours.next_opening(case.now, zone)
        if opening is not None and seat.hold:
            return Hold(opening)
        return Skip("closed", opening and opening.isoformat())

    def reads(self, seat: Seat) -> Sequence[Target]:
        return ()

    def tell(self, code: str, detail: Any, record: Record) -> str:
        if detail is None:
            return _("its open hours never come")
        return _("closed until %(opening)s") % {"opening": show.full_time(datetime.fromisoformat(detail))}
