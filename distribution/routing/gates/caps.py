"""Caps of the partner and of the assignment: both hold, and so does the assignment's pacing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution.routing.case import Case, Seat
from distribution.routing.gates.base import PASS, Judgement, Record, Skip
from distribution.routing.ledger import Take, full
from distribution.rules.targets import Target
from partners.caps import PERIODS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# By code and whose caps they are.
_SENTENCES: dict[tuple[str, str], "StrOrPromise"] = {
    ("cap", "partner"): _("its cap is full, %(used)s of %(cap)s %(period)s"),
    ("cap", "assignment"): _("its cap in this profile is full, %(used)s of %(cap)s %(period)s"),
    ("own", "partner"): _("the partner's own cap is full, %(used)s of %(cap)s %(period)s"),
    ("own", "assignment"): _("the partner's own cap in this profile is full, %(used)s of %(cap)s %(period)s"),
    ("pacing", "partner"): _("its cap is spread evenly, %(used)s of %(cap)s by now %(period)s"),
    ("pacing", "assignment"): _("its cap is spread evenly, %(used)s of %(cap)s by now %(period)s"),
}
_PERIODS: dict[str, "StrOrPromise"] = {
    "day": _("that day"),
    "week": _("that week"),
    "month": _("that month"),
    "life": _("in all"),
}


class CapsGate:
    """There is a place in every period. Else the detail is [whose, period, used, most].

    The code is "cap", "own" where the partner lowered it itself, and "pacing" where it has a place, but not
    yet.
    """

    codes = ("cap", "own", "pacing")

    def judge(self, seat: Seat, case: Case) -> Judgement:
        for take in case.world.takes(seat, case.now):
            if skip := capped(take, case.ledger.used(take.owner)):
                return skip
        return PASS

    def reads(self, seat: Seat) -> Sequence[Target]:
        return ()

    def tell(self, code: str, detail: Any, record: Record) -> str:
        whose, period, used, cap = detail
        if code == "own" and cap == 0:
            return gettext("the partner takes none %(period)s, by its own choice") % {
                "period": _PERIODS[period]
            }
        named = {"period": _PERIODS[period], "used": used, "cap": cap}
        return str(_SENTENCES[code, whose]) % named


def capped(take: Take, used: Sequence[int]) -> Skip | None:
    """The reason where a place cannot be taken any more, with `used` of its owner taken."""
    for code, caps in (("cap", take.caps), ("pacing", take.by_now)):
        place = full(caps, used)
        if place is not None:
            code = "own" if code == "cap" and take.own[place] is not None else code
            return Skip(code, [take.owner.kind, PERIODS[place], used[place], caps[place]])
    return None
