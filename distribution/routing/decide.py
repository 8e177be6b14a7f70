"""The decision: which assignments of one profile get a lead, and why each of the others does not.

A pure function of its arguments. Routing, trying out and replaying all call it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from distribution.models.verdicts import decode, word
from distribution.routing.case import Case, CompiledProfile, Seat, World
from distribution.routing.gates import GATES
from distribution.routing.gates.base import Hold, Skip
from distribution.routing.gates.caps import capped
from distribution.routing.ledger import Credits, Ledger, Owner, Spans, Take
from distribution.routing.shortlist import Shortlist
from distribution.routing.strategies import STRATEGIES, Order
from distribution.rules.targets import Facts, Target

# Longer texts are cut in the record, which stands once a lead and profile.
LONGEST_FACT = 200
EMPTY = Ledger()
NOT_NAMED = word(["not_named"])


class Pick(NamedTuple):
    """An assignment that gets the lead, and the terms of its job."""

    assignment_id: int
    partner_id: int
    settings_id: int
    kind: str
    policy_id: int | None
    price: Decimal
    currency: str
    counted_on: date | None = None
    due: datetime | None = None


class Decided(NamedTuple):
    """The decision, ready for its record.

    `text` holds the verdicts, one a seat in rank order, [code] or [code, detail]. Codes: chosen, with the
    instant until which its job is held; outranked, disabled, inactive, no_settings, offered;
    not_named, where an operator chose another partner; not_its_turn
    with [credit, weight]; error with [gate, class]; cap, own and pacing with [whose, period, used, most];
    closed with its opening, if there is one; rules and profile_rules with the failed condition's place,
    [alternative, condition].
    `facts`: the values that the rules asked compared. `takes`: the places that the picks take; `credits`:
    the profile's turns after it, None where they stay.
    """

    text: str
    picks: tuple[Pick, ...]
    facts: dict[str, Any]
    takes: tuple[Take, ...] = ()
    credits: Credits | None = None

    @property
    def verdicts(self) -> list[list[Any]]:
        """The verdicts, one a seat."""
        return decode(self.text)


def decide(
    facts: Facts,
    profile: CompiledProfile,
    world: World,
    now: datetime,
    ledger: Ledger = EMPTY,
    offered: frozenset[int] = frozenset(),
    only: int | None = None,
) -> Decided:
    """Decides one profile for a lead with the open values `facts`; never raises for what they are.

    `ledger`: what is taken by now, and the turns; it is read, not changed. `offered`: partners who had
    the lead from this profile before, and do not get it again. `only`: the partner whom an operator chose;
    nobody else is asked.
    """
    case = Case(facts, profile, world, now, ledger, offered)
    miss = profile.rules.miss(facts, case.known)
    if miss:
        verdict = word(["profile_rules", miss.place])
        compared = {target.key: target for target in profile.rules.targets}
        return Decided(" ".join([verdict] * len(profile.seats)), (), _facts(compared, facts))
    short = Shortlist.of(profile, world)
    places = short.open(facts)
    if only is not None:
        places = [place for place in places if profile.seats[place].partner_id == only]
    judged = {place: _judge(profile.seats[place], case) for place in places}
    skips = {profile.seats[place].id: each for place, each in judged.items() if isinstance(each, Skip)}
    eligible = [profile.seats[place] for place, each in judged.items() if not isinstance(each, Skip)]
    order = STRATEGIES[profile.strategy](eligible, case)
    chosen = _take(order, case, skips)
    words = short.words.copy() if only is None else _named(short.words, profile, only)
    for place, each in judged.items():
        seat = profile.seats[place]
        words[place] = word(_verdict(seat, skips.get(seat.id) or each, chosen, order))
    held = {profile.seats[place].id: each.until for place, each in judged.items() if isinstance(each, Hold)}
    return Decided(
        " ".join(words),
        tuple(_pick(seat, case, held.get(seat.id)) for seat in chosen.values()),
        _facts({target.key: target for target in profile.rules.targets} | short.targets, facts),
        tuple(take for seat in chosen.values() for take in world.takes(seat, now)),
        order.credits if chosen else None,
    )


def _named(words: Sequence[str], profile: CompiledProfile, only: int) -> list[str]:
    """The verdicts of those that are not asked, where only one partner is."""
    pairs = zip(words, profile.seats, strict=True)
    return [standing if seat.partner_id == only else NOT_NAMED for standing, seat in pairs]


def _take(order: Order, case: Case, skips: dict[int, Skip]) -> dict[int, Seat]:
    """Takes them in order; two of one partner may find one place, so each is asked as the places stand."""
    chosen: dict[int, Seat] = {}
    more: Counter[Owner] = Counter()
    for seat in order.seats:
        if order.most is not None and len(chosen) >= order.most:
            break
        takes = case.world.takes(seat, case.now)
        skip = next((skip for take in takes if (skip := _no_place(take, case, more))), None)
        if skip is not None:
            skips[seat.id] = skip
            continue
        more.update(take.owner for take in takes)
        chosen[seat.id] = seat
    return chosen


def _no_place(take: Take, case: Case, more: Mapping[Owner, int]) -> Skip | None:
    used = [number + more[take.owner] for number in case.ledger.used(take.owner)]
    return capped(take, used)


def _judge(seat: Seat, case: Case) -> Skip | Hold | None:
    """The first reason against it, else until when it is held."""
    held: Hold | None = None
    if seat.partner_id in case.offered:
        return Skip("offered")
    for gate in GATES:
        try:
            judgement = gate.judge(seat, case)
        except Exception as error:
            return Skip("error", [type(gate).__name__, type(error).__name__])
        if isinstance(judgement, Skip):
            return judgement
        if isinstance(judgement, Hold) and (held is None or held.until < judgement.until):
            held = judgement
    return held


def _verdict(seat: Seat, judged: Skip | Hold | None, chosen: Mapping[int, Seat], order: Order) -> list[Any]:
    if isinstance(judged, Skip):
        return [judged.code] if judged.detail is None else [judged.code, judged.detail]
    if seat.id in chosen:
        return ["chosen", judged.until.isoformat()] if judged else ["chosen"]
    if order.credits is not None:
        return ["not_its_turn", [order.credits[seat.id], seat.weight]]
    return ["outranked"]


def _pick(seat: Seat, case: Case, due: datetime | None) -> Pick:
    settings_id = case.world.settings_id(seat)
    assert settings_id is not None  # Reachable let it pass
    settings = case.world.settings[settings_id]
    return Pick(
        assignment_id=seat.id,
        partner_id=seat.partner_id,
        settings_id=settings_id,
        kind=settings.kind,
        policy_id=settings.policy_id or case.profile.policy_id,
        price=seat.price,
        currency=case.profile.currency,
        counted_on=case.ledger.days.get(seat.partner_id) or _today(seat, case),
        due=due,
    )


def _today(seat: Seat, case: Case) -> date:
    return Spans.at(case.now, case.world.partners[seat.partner_id].zone).day


def _facts(met: Mapping[str, Target], facts: Facts) -> dict[str, Any]:
    return {key: _short(target.value(facts)) for key, target in met.items()}


def _short(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST_FACT:
        return value[: LONGEST_FACT - 1] + "…"
    return value
