"""The decision: which assignments of one profile get a lead, and why each of the others does not.

A pure function of its arguments. Routing, trying out and replaying all call it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from distribution.routing.case import Case, CompiledProfile, Seat, World
from distribution.routing.gates import GATES
from distribution.routing.gates.base import Skip
from distribution.routing.strategies import STRATEGIES
from distribution.rules.targets import Facts, Target

# Longer texts are cut in the record, which stands once a lead and profile.
LONGEST_FACT = 200


@dataclass(frozen=True, slots=True)
class Pick:
    """An assignment that gets the lead, and the terms of its job."""

    assignment_id: int
    partner_id: int
    settings_id: int
    kind: str
    policy_id: int | None
    price: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision, ready for its record.

    `verdicts`: one a seat, in rank order: [assignment id, code] or [assignment id, code, detail].
    Codes: chosen, outranked, disabled, inactive, no_settings; rules and profile_rules with the failed
    condition's place, [alternative, condition]. `facts`: the values that the rules asked compared.
    """

    verdicts: list[list[Any]]
    picks: tuple[Pick, ...]
    facts: dict[str, Any]


def decide(facts: Facts, profile: CompiledProfile, world: World, now: datetime) -> Decided:
    """Decides one profile for a lead with the open values `facts`; never raises for what they are."""
    case = Case(facts, profile, world, now)
    met = {target.key: target for target in profile.rules.targets}
    miss = profile.rules.miss(facts)
    if miss:
        verdicts = [[seat.id, "profile_rules", miss.place] for seat in profile.seats]
        return Decided(verdicts, (), _facts(met, facts))
    skips = {seat.id: _first_skip(seat, case, met) for seat in profile.seats}
    eligible = [seat for seat in profile.seats if skips[seat.id] is None]
    chosen = STRATEGIES[profile.strategy](eligible, case)
    ids = {seat.id for seat in chosen}
    verdicts = [_verdict(seat, skips[seat.id], ids) for seat in profile.seats]
    return Decided(verdicts, tuple(_pick(seat, case) for seat in chosen), _facts(met, facts))


def _first_skip(seat: Seat, case: Case, met: dict[str, Target]) -> Skip | None:
    for gate in GATES:
        for target in gate.reads(seat):
            met[target.key] = target
        judgement = gate.judge(seat, case)
        if isinstance(judgement, Skip):
            return judgement
    return None


def _verdict(seat: Seat, skip: Skip | None, chosen: set[int]) -> list[Any]:
    if skip is None:
        return [seat.id, "chosen" if seat.id in chosen else "outranked"]
    return [seat.id, skip.code] if skip.detail is None else [seat.id, skip.code, skip.detail]


def _pick(seat: Seat, case: Case) -> Pick:
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
    )


def _facts(met: dict[str, Target], facts: Facts) -> dict[str, Any]:
    return {key: _short(target.value(facts)) for key, target in met.items()}


def _short(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST_FACT:
        return value[: LONGEST_FACT - 1] + "…"
    return value
