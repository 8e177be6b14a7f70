"""A gate lets an assignment pass for one lead, or says why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from distribution.routing.case import Case, Seat
from distribution.rules.targets import Target


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing stands in the way."""


@dataclass(frozen=True, slots=True)
class Skip:
    """The reason for the decision record: `code` and, where it needs one, a JSON detail."""

    code: str
    detail: Any = None


@dataclass(frozen=True, slots=True)
class Hold:
    """It may have the lead, from `until` on (aware)."""

    until: datetime


PASS = Pass()
Judgement: TypeAlias = Pass | Skip | Hold


class Gate(Protocol):
    """Judges each assignment by itself. Pure: the same case gives the same answer."""

    def judge(self, seat: Seat, case: Case) -> Judgement:
        """Whether this lead may go to `seat`."""
        ...

    def reads(self, seat: Seat) -> Sequence[Target]:
        """Which values of the lead judging `seat` compares; the decision record keeps them."""
        ...
