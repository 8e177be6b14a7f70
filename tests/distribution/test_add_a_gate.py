"""docs/routing.md is followed: its gate, taken from the page, judges leads and is read in the record."""

import re
import types
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from distribution.models import Decision, Entity
from distribution.routing import decide, shortlist, words
from distribution.routing.gates import GATES, STANDING
from distribution.routing.gates.base import PASS
from tests import factories as f
from tests.distribution.capped import in_force, placed, routed

PAGE = (Path(__file__).parents[2] / "docs" / "routing.md").read_text()


class Broken:
    """A gate with a fault in it."""

    codes = ()

    def judge(self, seat: Any, case: Any) -> Any:
        if seat.weight == 7:
            raise KeyError(case.facts["name"])
        return PASS

    def reads(self, seat: Any) -> tuple[()]:
        return ()

    def tell(self, code: str, detail: Any, record: Any) -> str:
        return ""


def add(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a line in the row of gates does."""
    for module in (decide, shortlist, words):
        monkeypatch.setattr(module, "GATES", (*GATES, gate))


def of_the_page() -> Any:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    module = types.ModuleType("weekend")
    exec(block, module.__dict__)
    return vars(module)["Weekend"]()


def test_each_code_belongs_to_one_gate() -> None:
    codes = [code for gate in (*STANDING, *GATES) for code in gate.codes]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("day", "gets"), [("2026-11-28T23:30:00Z", 0), ("2026-11-29T23:30:00Z", 1)])
def test_gate_is_added_by_the_steps_of_the_page(
    desk: Client, entity: Entity, monkeypatch: pytest.MonkeyPatch, day: str, gets: int
) -> None:
    add(of_the_page(), monkeypatch)
    partner = f.PartnerFactory.create(name="Acme", zone="Europe/Berlin")
    (row,) = in_force({"partner": partner}, entity=entity)
    with time_machine.travel(day, tick=False):
        (lead,) = routed(entity)
    assert placed(row) == gets
    monkeypatch.setattr(decide, "GATES", GATES)
    html = desk.get(reverse("admin:distribution_lead_change", args=[lead.pk])).content.decode()
    assert ("Acme: skipped, it was the weekend (day 7)" in strip_tags(html)) is not bool(gets)


def test_gate_that_raises_excludes_its_assignment_and_stops_nothing_else(
    entity: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(Broken(), monkeypatch)
    bad, good = in_force({"weight": 7}, {}, entity=entity)
    routed(entity, name="planted name")
    assert (placed(bad), placed(good)) == (0, 1)
    decision = Decision.objects.get()
    assert decision.verdicts == [["error", ["Broken", "KeyError"]], ["chosen"]]
    document = bad.profile.versions.get().document
    verdict = next(words.told_verdicts(decision.verdicts, document, decision.facts, {}))
    assert verdict["reason"] == "skipped, Broken stopped with KeyError"
    assert "planted" not in str(decision.__dict__)
