"""How a profile picks among its eligible assignments, which come in rank order."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from distribution.routing.case import Case, Seat
from distribution.routing.ledger import Credits


class Order(NamedTuple):
    """Whom to take first, and how many at most. `credits`: the turns, if the first of them is taken."""

    seats: Sequence[Seat]
    most: int | None = None
    credits: Credits | None = None


Strategy: TypeAlias = Callable[[Sequence[Seat], Case], Order]


def first_match(eligible: Sequence[Seat], case: Case) -> Order:
    """The best-ranked one."""
    return Order(eligible, 1)


def send_to_all(eligible: Sequence[Seat], case: Case) -> Order:
    """Every one, or the profile's most partners a lead."""
    return Order(eligible, case.profile.sold_limit)


def round_robin(eligible: Sequence[Seat], case: Case) -> Order:
    """The one whose turn it is, by smooth weighted turns over the eligible alone.

    Each gains its weight in credit; the richest is taken and pays what all of them gained. So after any
    number of leads each is within one of its exact share. Who was not eligible gains nothing meanwhile.
    """
    if not eligible:
        return Order(())
    known = case.ledger.turns.get(case.profile.profile_id, {})
    credits = {seat.id: known.get(seat.id, 0) + seat.weight for seat in eligible}
    seats = sorted(eligible, key=lambda seat: -credits[seat.id])
    credits[seats[0].id] -= sum(seat.weight for seat in eligible)
    members = {seat.id for seat in case.profile.seats}
    kept = {number: credit for number, credit in known.items() if number in members}
    return Order(seats, 1, {**kept, **credits})


STRATEGIES: dict[str, Strategy] = {
    "first_match": first_match,
    "send_to_all": send_to_all,
    "round_robin": round_robin,
}
