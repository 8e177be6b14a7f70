"""A gate lets an assignment pass for one lead, or says why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from distribution.routing.case import Case, Seat
from distribution.routing.document import AssignmentDocument, ProfileDocument
from distribution.rules.targets import Facts, Target


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


@dataclass(frozen=True, slots=True)
class Record:
    """What a reason is told from: the version's document, its row of the assignment, the values met."""

    document: ProfileDocument
    assignment: AssignmentDocument
    facts: Facts


PASS = Pass()
Judgement: TypeAlias = Pass | Skip | Hold


class Gate(Protocol):
    """Judges each assignment by itself. Pure: the same case gives the same answer."""

    @property
    def codes(self) -> Sequence[str]:
        """The codes of all reasons that `judge` gives; no other gate has them."""
        ...

    def judge(self, seat: Seat, case: Case) -> Judgement:
        """Whether this lead may go to `seat`."""
        ...

    def reads(self, seat: Seat) -> Sequence[Target]:
        """Which values of the lead judging `seat` compares; the decision record keeps them."""
        ...

    def tell(self, code: str, detail: Any, record: Record) -> str:
        """The reason as the end of “Acme: skipped, …”, from the record alone: it is read years later."""
        ...
