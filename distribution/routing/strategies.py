"""How a profile picks among its eligible assignments, which come in rank order."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from distribution.routing.case import Case, Seat

Strategy: TypeAlias = Callable[[Sequence[Seat], Case], Sequence[Seat]]


def first_match(eligible: Sequence[Seat], case: Case) -> Sequence[Seat]:
    """The best-ranked one."""
    return eligible[:1]


def send_to_all(eligible: Sequence[Seat], case: Case) -> Sequence[Seat]:
    """Every one."""
    return eligible


STRATEGIES: dict[str, Strategy] = {"first_match": first_match, "send_to_all": send_to_all}
