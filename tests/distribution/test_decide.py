"""Deciding: who gets a lead, what is said of the others, and what a version needs for it."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distribution.fields import FieldSpec
from distribution.models import Assignment, Entity, Profile
from distribution.models.profile import Strategy
from distribution.models.verdicts import LETTERS, decode, encode
from distribution.routing.case import PartnerNow, SettingsNow, World
from distribution.routing.decide import LONGEST_FACT, Decided, Pick, decide
from distribution.routing.document import ProfileDocument, compile_profile, profile_document
from distribution.routing.strategies import STRATEGIES
from distribution.routing.words import told_verdicts
from distribution.rules import RuleErrors, RulesDoc, compile_rules

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
FIELDS = {
    "postcode": FieldSpec("postcode", "Postcode", "text"),
    "size": FieldSpec("size", "Size", "number"),
    "roof": FieldSpec("roof", "Roof", "select", options=("Flat", "Steep")),
    "unused": FieldSpec("unused", "Unused", "text"),
    "iban": FieldSpec("iban", "IBAN", "text", encrypted=True),
}
SOUTH: RulesDoc = [[{"field": "postcode", "op": "starts_with", "value": "8"}]]
LARGE: RulesDoc = [[{"field": "size", "op": "greater_than", "value": 40}]]


def seat(number: int, **more: Any) -> Assignment:
    """Assignment `number` of partner 10 × `number`, in rank order by number."""
    row = Assignment(id=number, partner_id=10 * number, created_at=NOW, priority=100 - number)
    for name, value in more.items():
        setattr(row, name, value)
    return row


def document(*assignments: Assignment, **more: Any) -> ProfileDocument:
    profile = Profile(id=5, entity=Entity(name="Solar", currency="CHF"), base_price=Decimal("12.5000"))
    for name, value in more.items():
        setattr(profile, name, value)
    return profile_document(profile, assignments, FIELDS)


def world(*numbers: int, **more: PartnerNow) -> World:
    """Partner 10 × n, active, with e-mail settings 100 × n by default, for each number."""
    partners = {10 * number: PartnerNow(True, 100 * number) for number in numbers}
    partners |= {int(name.removeprefix("p")): partner for name, partner in more.items()}
    return World(partners, {100 * number: SettingsNow("email") for number in numbers})


def decided(made: ProfileDocument, around: World, facts: dict[str, Any] | None = None) -> Decided:
    stored: ProfileDocument = json.loads(json.dumps(made))
    return decide(facts or {}, compile_profile(stored, profile_id=5, version=3), around, NOW)


def sentences(made: ProfileDocument, result: Decided, **names: str) -> list[str]:
    partners = {int(key.removeprefix("p")): name for key, name in names.items()}
    verdicts = told_verdicts(result.verdicts, made, result.facts, partners)
    return [f"{each['partner']['name']}: {each['reason']}" for each in verdicts]


def test_strategies_are_those_of_the_model() -> None:
    assert list(STRATEGIES) == Strategy.values


def test_first_match_takes_the_best_ranked_eligible() -> None:
    made = document(seat(1, rules=SOUTH), seat(2), seat(3))
    result = decided(made, world(1, 2, 3), {"postcode": "10115"})
    assert result.verdicts == [["rules", [0, 0]], ["chosen"], ["outranked"]]
    assert [pick.assignment_id for pick in result.picks] == [2]


def test_send_to_all_takes_every_eligible() -> None:
    made = document(seat(1), seat(2, rules=SOUTH), seat(3), strategy="send_to_all")
    result = decided(made, world(1, 2, 3), {"postcode": "10115"})
    assert result.verdicts == [["chosen"], ["rules", [0, 0]], ["chosen"]]
    assert [pick.assignment_id for pick in result.picks] == [1, 3]


def test_rank_is_priority_then_age_then_id() -> None:
    older = NOW - timedelta(days=1)
    made = document(
        seat(1, priority=0),
        seat(4, priority=5),
        seat(3, priority=5, created_at=older),
        seat(2, priority=5),
    )
    assert [each["id"] for each in made["assignments"]] == [3, 2, 4, 1]


def test_profile_without_assignments_decides_for_nobody() -> None:
    assert decided(document(), world()) == Decided("", (), {})


def test_profile_rules_exclude_everyone_with_their_condition() -> None:
    made = document(seat(1), seat(2, enabled=False), rules=LARGE)
    result = decided(made, world(1, 2), {"size": 40})
    assert result.verdicts == [["profile_rules", [0, 0]], ["profile_rules", [0, 0]]]
    assert result.picks == ()
    assert result.facts == {"size": 40}


def test_disabled_assignment_is_skipped() -> None:
    assert decided(document(seat(1, enabled=False)), world(1)).verdicts == [["disabled"]]


def test_inactive_partner_is_skipped_before_its_rules_are_asked() -> None:
    result = decided(document(seat(1, rules=SOUTH), seat(2)), world(2, p10=PartnerNow(False, 100)))
    assert result.verdicts == [["inactive"], ["chosen"]]
    assert result.facts == {}


def test_partner_that_is_gone_counts_as_inactive() -> None:
    assert decided(document(seat(1)), World()).verdicts == [["inactive"]]


def test_partner_without_delivery_settings_is_skipped_for_the_next() -> None:
    result = decided(document(seat(1), seat(2)), world(2, p10=PartnerNow(True, None)))
    assert result.verdicts == [["no_settings"], ["chosen"]]


def test_settings_that_are_gone_are_none() -> None:
    made = document(seat(1, settings_id=7))
    assert decided(made, world(1)).verdicts == [["no_settings"]]


def test_pick_has_the_partners_settings_and_the_profiles_terms() -> None:
    [pick] = decided(document(seat(1), policy_id=9), world(1)).picks
    assert pick == Pick(1, 10, 100, "email", 9, Decimal("12.5"), "CHF", NOW.date())


def test_pick_has_the_assignments_own_settings_and_price() -> None:
    made = document(seat(1, settings_id=7, price=Decimal(0)), policy_id=9)
    around = World({10: PartnerNow(True, 100)}, {100: SettingsNow("email"), 7: SettingsNow("webhook", 4)})
    [pick] = decided(made, around).picks
    assert pick == Pick(1, 10, 7, "webhook", 4, Decimal(0), "CHF", NOW.date())


def test_facts_are_the_values_that_were_compared_each_once() -> None:
    made = document(
        seat(1, rules=SOUTH), seat(2, rules=[[*SOUTH[0], *LARGE[0]]]), seat(3, enabled=False), rules=[]
    )
    facts = {"postcode": "10115", "unused": "private", "roof": "Flat"}
    result = decided(made, world(1, 2, 3), facts)
    assert result.facts == {"postcode": "10115", "size": None}


def test_facts_of_long_texts_are_cut() -> None:
    result = decided(document(seat(1, rules=SOUTH)), world(1), {"postcode": "1" * 500})
    assert result.facts == {"postcode": "1" * (LONGEST_FACT - 1) + "…"}


def test_document_holds_the_fields_that_its_rules_compare_and_no_other() -> None:
    steep: RulesDoc = [[{"field": "roof", "op": "equals", "value": "steep"}]]
    made = document(seat(1, rules=steep))
    assert made["fields"] == {
        "roof": {"label": "Roof", "type": "select", "options": ["Flat", "Steep"], "country": ""}
    }
    assert decided(made, world(1), {"roof": "Steep"}).verdicts == [["chosen"]]


def test_document_refuses_rules_that_do_not_fit() -> None:
    with pytest.raises(RuleErrors, match="“iban” is encrypted"):
        document(seat(1), seat(2, rules=[[{"field": "iban", "op": "is_empty"}]]))


@given(
    st.lists(
        st.sampled_from(
            [
                [],
                [[{"field": "roof", "op": "equals", "value": "Flat"}]],
                [[{"field": "roof", "op": "in_list", "value": ["Flat", "Steep"]}]],
                [[{"field": "size", "op": "equals", "value": 40}, {"field": "roof", "op": "is_empty"}]],
                [[{"field": "roof", "op": "not_equals", "value": "Flat"}]],
                [*SOUTH, *LARGE],
            ]
        ),
        max_size=8,
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "roof": st.sampled_from(["Flat", "Steep", "flat", ""]),
            "size": st.sampled_from([40, 40.0, 41, "40", None]),
        },
    ),
)
@settings(deadline=None)
def test_shortlist_leaves_out_whom_the_rules_leave_out(rules: list[RulesDoc], facts: dict[str, Any]) -> None:
    """The same verdicts as asking every seat's rules for itself."""
    made = document(
        *(seat(number, rules=each) for number, each in enumerate(rules, 1)), strategy="send_to_all"
    )
    result = decided(made, world(*range(1, len(rules) + 1)), facts)
    missed = [compile_rules(each, FIELDS).miss(facts) for each in rules]
    assert result.verdicts == [["rules", miss.place] if miss else ["chosen"] for miss in missed]


def test_record_of_twenty_losers_is_small() -> None:
    made = document(*(seat(number, rules=SOUTH) for number in range(1, 21)))
    result = decided(made, world(*range(1, 21)), {"postcode": "10115"})
    assert len(result.text) <= 100


VERDICTS: st.SearchStrategy[list[list[Any]]] = st.lists(
    st.sampled_from([*LETTERS]).map(lambda code: [code])
    | st.tuples(
        st.sampled_from(["rules", "not_its_turn"]), st.lists(st.integers(), min_size=2, max_size=2)
    ).map(list)
    | st.tuples(
        st.sampled_from(["cap", "pacing"]),
        st.tuples(st.just("partner"), st.just("day"), st.integers(0), st.integers(1)).map(list),
    ).map(list)
    | st.datetimes(timezones=st.just(UTC)).map(lambda at: ["closed", at.isoformat()])
)


@given(VERDICTS)
def test_verdicts_are_read_as_they_were_written(verdicts: list[list[Any]]) -> None:
    assert decode(encode(verdicts)) == verdicts


def test_words_of_every_verdict() -> None:
    made = document(
        seat(1, enabled=False), seat(2), seat(3), seat(4, rules=SOUTH), seat(5), seat(6), seat(7, rules=SOUTH)
    )
    around = world(4, 5, 6, p20=PartnerNow(False), p30=PartnerNow(True), p70=PartnerNow(True))
    result = decided(made, around, {"postcode": "10115"})
    names = {f"p{10 * number}": name for number, name in enumerate("ABCDEF", start=1)}
    assert sentences(made, result, **names) == [
        "A: skipped, its assignment is not enabled",
        "B: skipped, the partner is inactive",
        "C: skipped, no delivery method is set for it",
        "D: skipped, Postcode “10115” does not start with “8”",
        "E: chosen",
        "F: skipped, a better-ranked partner got the lead",
        "A partner: skipped, Postcode “10115” does not start with “8”",
    ]


def test_words_of_the_profiles_rules_name_the_nearest_alternative() -> None:
    made = document(seat(1), rules=[*SOUTH, *LARGE])
    result = decided(made, world(1), {"size": 3})
    assert sentences(made, result, p10="Acme") == [
        "Acme: skipped by the profile's rules, Postcode is empty, and the rule is: Postcode starts with “8”"
        " (the nearest of 2 alternatives)"
    ]


SEATS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        enabled=st.booleans(),
        priority=st.integers(-3, 3),
        rules=st.sampled_from([[], SOUTH, LARGE, SOUTH + LARGE]),
        price=st.none() | st.decimals(0, 100, places=2),
    ),
    max_size=6,
)
FACTS = st.fixed_dictionaries(
    {}, optional={"postcode": st.sampled_from(["8", "1"]), "size": st.integers(39, 41)}
)


@settings(deadline=None)
@given(SEATS, st.sets(st.integers(1, 6)), FACTS, st.sampled_from(list(STRATEGIES)))
def test_decide_gives_each_seat_one_verdict_and_each_chosen_one_pick(
    rows: list[dict[str, Any]], active: set[int], facts: dict[str, Any], strategy: str
) -> None:
    made = document(*(seat(place, **row) for place, row in enumerate(rows, start=1)), strategy=strategy)
    result = decided(made, world(*active), facts)
    assert len(result.verdicts) == len(made["assignments"])
    judged = zip(made["assignments"], result.verdicts, strict=True)
    chosen = [each["id"] for each, verdict in judged if verdict[0] == "chosen"]
    assert chosen == [pick.assignment_id for pick in result.picks]
    assert len(chosen) <= (len(rows) if strategy == "send_to_all" else 1)
    assert bool(chosen) or not any(verdict[0] == "outranked" for verdict in result.verdicts)
    assert result == decided(made, world(*active), facts)
    assert encode(result.verdicts) == result.text
