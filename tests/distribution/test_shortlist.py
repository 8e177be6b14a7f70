"""The shortlist leaves out only whom asking every assignment would leave out, for the same reason."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from distribution.fields import FieldSpec
from distribution.routing.case import Case, CompiledProfile, PartnerNow, Seat, SettingsNow, World
from distribution.routing.decide import decide
from distribution.routing.gates import GATES, STANDING
from distribution.routing.gates.base import Skip
from distribution.routing.ledger import Ledger, Owner
from distribution.rules import compile_rules
from partners.caps import Caps

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
FIELDS = {
    "roof": FieldSpec("roof", "Roof", "select", options=("Flat", "Steep")),
    "size": FieldSpec("size", "Size", "number"),
    "name": FieldSpec("name", "Name", "text"),
    "ready": FieldSpec("ready", "Ready", "checkbox"),
    "parts": FieldSpec("parts", "Parts", "multi_select", options=("Roof", "Wall")),
    "address": FieldSpec("address", "Address", "address"),
}
# Those that the shortlist finds by value, and those that it cannot.
CONDITIONS: list[dict[str, Any]] = [
    {"field": "roof", "op": "equals", "value": "flat"},
    {"field": "roof", "op": "in_list", "value": ["Flat", "Steep"]},
    {"field": "roof", "op": "not_equals", "value": "Flat"},
    {"field": "size", "op": "equals", "value": 1},
    {"field": "size", "op": "in_list", "value": [0, 1, 2.5]},
    {"field": "size", "op": "greater_than", "value": 1},
    {"field": "name", "op": "equals", "value": "STRASSE"},
    {"field": "name", "op": "equals", "value": "true"},
    {"field": "name", "op": "is_empty"},
    {"field": "ready", "op": "equals", "value": True},
    {"field": "parts", "op": "in_list", "value": ["Roof"]},
    {"field": "parts", "op": "equals", "value": ["Wall", "Roof"]},
    {"field": "address.postcode", "op": "equals", "value": "1"},
    {"field": "address.latitude", "op": "in_list", "value": [1]},
]
ALTERNATIVE = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=2)
# Most have one alternative, which is what the shortlist looks at.
RULES = ALTERNATIVE.map(lambda one: [one]) | st.lists(ALTERNATIVE, max_size=2)
SEATS = st.lists(
    st.fixed_dictionaries(
        {
            "rules": RULES,
            "enabled": st.sampled_from([True, True, True, False]),
            "active": st.sampled_from([True, True, True, False]),
            "reached": st.sampled_from([True, True, True, False]),
            "cap": st.sampled_from([None, None, 1, 2]),
            "used": st.integers(0, 2),
        }
    ),
    max_size=8,
)
# What the conditions are about, and values that are equal to each other in Python and not in rules.
STRANGE: st.SearchStrategy[Any] = st.sampled_from(["Flat", "", None, 0, 1.0, True, ["Roof"], [], {}, "1"])
LIKELY: dict[str, list[Any]] = {
    "roof": ["Flat", "Steep"],
    "size": [0, 1, 2.5],
    "name": ["Straße", "true"],
    "ready": [True, False],
    "parts": [["Roof"], ["Wall"], ["Roof", "Wall"]],
    "address": [{"postcode": "1"}, {"latitude": 1}, {"postcode": 1, "latitude": "1"}],
}
LEADS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) | STRANGE for name, values in LIKELY.items()}
)


def profile(seats: list[dict[str, Any]], strategy: str, rules: list[Any]) -> CompiledProfile:
    rows = tuple(
        Seat(
            number,
            number,
            each["enabled"],
            compile_rules(each["rules"], FIELDS),
            Decimal(1),
            caps=Caps(day=each["cap"]),
        )
        for number, each in enumerate(seats, 1)
    )
    return CompiledProfile(5, 1, strategy, "EUR", None, compile_rules(rules, FIELDS), rows)


def world(seats: list[dict[str, Any]]) -> tuple[World, Ledger]:
    numbered = list(enumerate(seats, 1))
    partners = {
        number: PartnerNow(each["active"], number if each["reached"] else None) for number, each in numbered
    }
    uses: dict[Owner, Sequence[int]] = {
        Owner("assignment", number): (each["used"],) * 4 for number, each in numbered
    }
    return World(partners, {number: SettingsNow("email") for number, _ in numbered}), Ledger(uses=uses)


def asked_every_seat(case: Case) -> list[list[Any]]:
    """The first gate's reason against each, or that nothing is."""
    found = []
    for seat in case.profile.seats:
        judgements = (gate.judge(seat, case) for gate in (*STANDING, *GATES))
        skip = next((each for each in judgements if isinstance(each, Skip)), None)
        found.append(["eligible"] if skip is None else [skip.code, *([skip.detail] if skip.detail else [])])
    return found


@settings(max_examples=200, deadline=None)
@given(
    SEATS,
    st.just([]) | RULES,
    st.lists(LEADS, min_size=1, max_size=4),
    st.sampled_from(["first_match", "send_to_all"]),
)
def test_shortlist_says_what_asking_every_seat_says(
    seats: list[dict[str, Any]], rules: list[Any], leads: list[dict[str, Any]], strategy: str
) -> None:
    """Over several leads, since the shortlist is kept between them."""
    one = profile(seats, strategy, rules)
    around, ledger = world(seats)
    for lead in leads:
        decided = decide(lead, one, around, NOW, ledger)
        if miss := one.rules.miss(lead):
            assert decided.verdicts == [["profile_rules", miss.place]] * len(seats)
            continue
        wanted = asked_every_seat(Case(lead, one, around, NOW, ledger))
        eligible = [place for place, words in enumerate(wanted) if words == ["eligible"]]
        chosen = eligible if strategy == "send_to_all" else eligible[:1]
        for place in eligible:
            wanted[place] = ["chosen" if place in chosen else "outranked"]
        assert decided.verdicts == wanted
        assert [pick.assignment_id - 1 for pick in decided.picks] == chosen
