"""Round robin: shares, turns among the eligible alone, many routers; most partners a lead."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.models import Job
from distribution.models import Decision, Turn
from distribution.routing import waiting
from distribution.routing.case import Case, CompiledProfile, PartnerNow, Seat, SettingsNow, World
from distribution.routing.decide import decide
from distribution.routing.ledger import Ledger
from distribution.routing.strategies import round_robin, send_to_all
from distribution.rules import compile_rules
from partners.caps import Caps
from tests import factories as f
from tests.distribution.capped import in_force, placed, routed, save

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


def profile(*weights: int, strategy: str = "round_robin", **more: Any) -> CompiledProfile:
    """Seats 1, 2, … of partners 1, 2, … with these weights."""
    rules = compile_rules([], {})
    seats = tuple(Seat(n, n, True, rules, 0, n, weight) for n, weight in enumerate(weights, 1))  # type: ignore[arg-type]  # the price is of no concern
    return CompiledProfile(5, 1, strategy, "EUR", None, rules, seats, **more)


def world(count: int, **caps: Caps) -> World:
    partners = {n: PartnerNow(True, n, caps=caps.get(f"p{n}", Caps())) for n in range(1, count + 1)}
    return World(partners, {n: SettingsNow("email") for n in range(1, count + 1)})


def chosen(one: CompiledProfile, around: World, ledger: Ledger) -> list[int]:
    """Who gets the next lead; the ledger keeps it."""
    decided = decide({}, one, around, NOW, ledger)
    ledger.take(decided.takes)
    if decided.credits is not None:
        ledger.turn(5, decided.credits)
    return [pick.assignment_id for pick in decided.picks]


@given(st.lists(st.integers(1, 99), min_size=1, max_size=6), st.integers(1, 300))
@settings(deadline=None)
def test_shares_are_near_always_and_exact_after_a_round(weights: list[int], leads: int) -> None:
    one, around, ledger = profile(*weights), world(len(weights)), Ledger()
    total = sum(weights)
    got = Counter(chosen(one, around, ledger)[0] for _ in range(leads))
    for number, weight in enumerate(weights, 1):
        exact = Fraction(leads * weight, total)
        assert abs(got[number] - exact) < max(1, len(weights) - 1)
        if leads % total == 0:
            assert got[number] == exact


@pytest.mark.parametrize("weights", [(1, 1), (1, 9), (1, 99)])
def test_shares_of_ten_thousand(weights: tuple[int, int]) -> None:
    one, around, ledger = profile(*weights), world(2), Ledger()
    got: Counter[int] = Counter()
    for leads in range(1, 10_001):
        got[chosen(one, around, ledger)[0]] += 1
        for number, weight in enumerate(weights, 1):
            assert abs(got[number] - Fraction(leads * weight, sum(weights))) <= 1


def test_turns_are_spread_evenly() -> None:
    one, around, ledger = profile(5, 1, 1), world(3), Ledger()
    assert [chosen(one, around, ledger)[0] for _ in range(7)] == [1, 1, 2, 1, 3, 1, 1]


def test_who_was_capped_gets_no_burst_later() -> None:
    one, ledger = profile(1, 1), Ledger()
    full = world(2, p1=Caps(life=0))
    assert [chosen(one, full, ledger) for _ in range(10)] == [[2]] * 10
    assert sorted(chosen(one, world(2), ledger) for _ in range(2)) == [[1], [2]]


def test_nobody_eligible_moves_no_turn() -> None:
    decided = decide({}, profile(1, 1), World(), NOW, Ledger())
    assert (decided.picks, decided.credits) == ((), None)


def test_credit_of_who_left_is_forgotten() -> None:
    ledger = Ledger(turns={5: {1: 3, 9: -3}})
    order = round_robin(profile(1, 1).seats, Case({}, profile(1, 1), world(2), NOW, ledger))
    assert order.credits is not None
    assert set(order.credits) == {1, 2}


def test_whose_turn_it_is_not_reads_so() -> None:
    decided = decide({}, profile(1, 2), world(2), NOW, Ledger())
    assert decided.verdicts == [["not_its_turn", [1, 1]], ["chosen"]]


def test_most_partners_a_lead_are_the_best_ranked() -> None:
    one = profile(1, 1, 1, strategy="send_to_all", sold_limit=2)
    assert send_to_all(one.seats, Case({}, one, world(3), NOW)).most == 2
    decided = decide({}, one, world(3, p1=Caps(day=0)), NOW, Ledger())
    assert [pick.assignment_id for pick in decided.picks] == [2, 3]
    decided = decide({}, one, world(3), NOW, Ledger())
    assert [verdict[0] for verdict in decided.verdicts] == ["chosen", "chosen", "outranked"]


@pytest.mark.django_db
def test_turns_are_kept_between_leads_and_over_a_new_version() -> None:
    rows = in_force({"weight": 2}, {"weight": 1}, strategy="round_robin")
    entity = rows[0].profile.entity
    routed(entity, 2)
    rows[0].profile.description = "Changed"
    rows[0].profile.save()
    save(rows[0].profile)
    routed(entity, 4)
    assert [placed(row) for row in rows] == [4, 2]


@pytest.mark.django_db
def test_only_round_robin_has_a_turn() -> None:
    rows = in_force({})
    routed(rows[0].profile.entity)
    assert not Turn.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_routers_keep_the_shares() -> None:
    rows = in_force({"weight": 9}, {"weight": 1}, strategy="round_robin")
    f.LeadFactory.create_batch(200, entity=rows[0].profile.entity, waiting=True)

    def run() -> None:
        try:
            waiting.drain()
            routed(rows[0].profile.entity, 5)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    while waiting.drain(NOW + timedelta(days=3650)):
        pass
    assert [placed(row) for row in rows] == [216, 24]
    assert Decision.objects.count() == Job.objects.count() == 240
