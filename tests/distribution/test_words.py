"""A decision told from its record: as JSON, on the lead's page with its links, and the same years later."""

import json
from datetime import UTC, datetime
from typing import Any

import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from delivery.models import Job
from distribution.models import Decision, Entity, Lead
from distribution.routing.words import Told, told, told_verdicts
from partners.models import Partner
from tests import factories as f
from tests.distribution.capped import in_force, routed, save

# A Tuesday.
NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
SIZE = [[{"field": "size", "op": "greater_than", "value": 40}]]


def record(decision: Decision, names: dict[int, str] | None = None) -> Told:
    document = decision.profile.versions.get(number=decision.version).document
    return told(decision, document, names or {})


def page(client: Client, lead: Lead) -> str:
    return client.get(reverse("admin:distribution_lead_change", args=[lead.pk])).content.decode()


@time_machine.travel(NOW, tick=False)
def test_every_assignment_is_told_as_json(entity: Entity) -> None:
    names = ("Full", "Shut", "Small", "Best", "Next")
    full, shut, small, best, following = (f.PartnerFactory.create(name=name) for name in names)
    rows = in_force(
        {"partner": full, "cap_day": 1},
        {"partner": shut, "hours": {"wed": [["09:00", "17:00"]]}},
        {"partner": small, "rules": SIZE},
        {"partner": best, "price": "7.5"},
        {"partner": following},
        entity=entity,
        base_price="3",
    )
    routed(entity, 2, size=12)
    decision = Decision.objects.latest("id")
    made = json.loads(json.dumps(record(decision)))
    assert {key: made[key] for key in ("version", "strategy", "cause", "sequence", "values")} == {
        "version": 1,
        "strategy": "first_match",
        "cause": "new",
        "sequence": 1,
        "values": {"size": 12},
    }
    assert made["decided_at"] == "2026-11-24T14:05:00+00:00"
    verdicts = made["assignments"]
    assert [(each["rank"], each["partner"]["name"], each["assignment_id"]) for each in verdicts] == [
        (rank, row.partner.name, row.pk) for rank, row in enumerate(rows, start=1)
    ]
    assert [(each["code"], each["reason"]) for each in verdicts] == [
        ("cap", "skipped, its cap in this profile is full, 1 of 1 that day"),
        ("closed", "skipped, closed until 25 Nov 2026, 09:00"),
        ("rules", "skipped, Roof size 12 is not greater than 40"),
        ("chosen", "chosen"),
        ("outranked", "skipped, a better-ranked partner got the lead"),
    ]
    assert [each["detail"] for each in verdicts] == [
        {"whose": "assignment", "period": "day", "used": 1, "cap": 1},
        {"opens_at": "2026-11-25T09:00:00+00:00"},
        {"alternative": 1, "condition": 1, **SIZE[0][0], "met": 12},
        {},
        {},
    ]
    assert [each["price"] for each in verdicts[2:4]] == ["3.0000", "7.5000"]


def test_turns_are_told_with_weight_and_credit(entity: Entity) -> None:
    in_force({"weight": 3}, {"weight": 1}, {"enabled": False}, entity=entity, strategy="round_robin")
    routed(entity)
    verdicts = record(Decision.objects.get())["assignments"]
    assert [each["reason"] for each in verdicts] == [
        "chosen, it was its turn (weight 3 of 4)",
        "skipped, it was not its turn (weight 1 of 4, credit 1)",
        "skipped, its assignment is not enabled",
    ]
    assert verdicts[1]["detail"] == {"credit": 1, "weight": 1}


def test_reason_of_a_gate_that_is_gone_is_named(entity: Entity) -> None:
    (row,) = in_force({}, entity=entity)
    document = row.profile.versions.get().document
    (verdict,) = told_verdicts([["budget", [12, 50]]], document, {}, {})
    assert verdict["reason"] == "skipped, by a reason that is gone, “budget”"
    assert verdict["detail"] == {"detail": [12, 50]}


def test_record_stays_whatever_changes(desk: Client, entity: Entity) -> None:
    in_force({"rules": SIZE, "partner": f.PartnerFactory.create(name="Ancient")}, {}, entity=entity)
    (lead,) = routed(entity, size=12)
    decision = Decision.objects.get()
    sentence = "Ancient: skipped, Roof size 12 is not greater than 40"
    assert sentence in strip_tags(page(desk, lead))
    loser, winner = decision.profile.assignments.order_by("-priority")
    assert f'href="{reverse("admin:distribution_assignment_change", args=[loser.pk])}"' in page(desk, lead)
    assert f'href="{reverse("delivery:job", args=[Job.objects.get().pk])}"' in page(desk, lead)
    before = record(decision)
    entity.fields.filter(key="size").update(label="Renamed")
    winner.rules = SIZE
    winner.save()
    loser.delete()
    save(decision.profile)
    assert f'href="{reverse("admin:partners_partner_change", args=[loser.partner_id])}"' in page(desk, lead)
    Partner.objects.filter(pk=loser.partner_id).update(default_settings=None)
    loser.partner.delivery_settings.all().delete()
    loser.partner.delete()
    html = page(desk, lead)
    assert sentence in strip_tags(html)
    assert f"/partner/{loser.partner_id}/" not in html
    decision.refresh_from_db()
    assert record(decision) == before


def test_a_partners_new_name_is_told_while_it_is_there(desk: Client, entity: Entity) -> None:
    (row,) = in_force({"partner": f.PartnerFactory.create(name="Before")}, entity=entity)
    (lead,) = routed(entity)
    Partner.objects.filter(pk=row.partner_id).update(name="After")
    assert "After: chosen" in strip_tags(page(desk, lead))


def test_ten_decisions_take_the_queries_of_one(desk: Client, entity: Entity) -> None:
    def queries(lead: Lead) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            html = page(desk, lead)
        assert html.count("1 of 2 partners chosen") == Decision.objects.filter(lead=lead).count()
        return len(seen)

    def one_more(**more: Any) -> None:
        in_force({"rules": SIZE}, {}, entity=entity, **more)

    one_more()
    (lead,) = routed(entity, size=12)
    page(desk, lead)
    for _ in range(9):
        one_more()
    (other,) = routed(entity, size=12)
    assert Decision.objects.filter(lead=other).count() == 10
    assert queries(lead) == queries(other) <= 10
