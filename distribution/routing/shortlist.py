"""Which assignments of a profile a lead can be for at all, found without asking each of them.

Built once for a version and the partners as they are. What stands against an assignment whatever the
lead is, is decided here; one whose rules begin with a value that must be met is asked only where it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from distribution.models.verdicts import word
from distribution.routing.case import Case, CompiledProfile, Seat, World
from distribution.routing.gates import GATES, STANDING
from distribution.routing.gates.base import Skip
from distribution.routing.ledger import Owner
from distribution.rules.compile import Condition
from distribution.rules.targets import Facts, Target

# The first condition of the only alternative failed.
FIRST_FAILED = word(["rules", [0, 0]])
# Gates that stand do not look at the time.
ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class Shortlist:
    """`words` has the verdict of each seat that `open` leaves out; `targets`: what the others compare.

    `owners`: whose places are counted, with the partner that each is or belongs to.
    """

    def __init__(self, profile: CompiledProfile, world: World) -> None:
        self.seats = profile.seats
        self.words: list[str] = []
        self.targets: dict[str, Target] = {}
        self.owners: dict[Owner, int] = {
            take.owner: seat.partner_id for seat in profile.seats for take in world.takes(seat, ANY_TIME)
        }
        self._always: list[int] = []
        self._by_value: dict[str, tuple[Callable[[Facts], Any], dict[Any, list[int]]]] = {}
        case = Case({}, profile, world, ANY_TIME)
        for place, seat in enumerate(profile.seats):
            self.words.append(self._place(place, seat, case))

    @classmethod
    def of(cls, profile: CompiledProfile, world: World) -> "Shortlist":
        """The one of this version among these partners; whatever else is changed of it, its seats stay."""
        key = (profile.profile_id, profile.version)
        found: Shortlist | None = world.shortlists.get(key)
        if found is None or found.seats is not profile.seats:
            found = world.shortlists[key] = cls(profile, world)
        return found

    def open(self, facts: Facts) -> list[int]:
        """The places of the seats to be asked, in rank order."""
        places = list(self._always)
        for read, by_value in self._by_value.values():
            places += by_value.get(read(facts), ())
        places.sort()
        return places

    def _place(self, place: int, seat: Seat, case: Case) -> str:
        for gate in STANDING:
            judgement = gate.judge(seat, case)
            if isinstance(judgement, Skip):
                return word([judgement.code])
        self.targets |= {target.key: target for gate in GATES for target in gate.reads(seat)}
        first = _first(seat)
        if first is None or first.values is None:
            self._always.append(place)
            return ""
        self._index(place, first, first.values)
        return FIRST_FAILED

    def _index(self, place: int, first: Condition, values: Iterable[Any]) -> None:
        _read, by_value = self._by_value.setdefault(
            f"{first.target.key} {first.op}", (first.read, defaultdict(list))
        )
        for value in values:
            by_value[value].append(place)


def _first(seat: Seat) -> Condition | None:
    """What every lead of this seat meets: the first condition of its only alternative."""
    alternatives = seat.rules.alternatives
    return alternatives[0][0] if len(alternatives) == 1 and alternatives[0] else None
