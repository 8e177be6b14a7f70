"""What a partner reads of why it got a lead: its own rule on ticked fields, and nothing of anybody else."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from delivery.models import Job
from distribution.models import Assignment, Entity
from distribution.routing.why import why
from distribution.rules import RulesDoc
from partners.models import Partner
from partners.sheet import Ticks
from tests import factories as f
from tests.distribution.capped import end, in_force, routed, save

RULES: RulesDoc = [
    [
        {"field": "address.postcode", "op": "starts_with", "value": "8"},
        {"field": "size", "op": "greater_than", "value": 40},
    ],
    [{"field": "name", "op": "equals", "value": "Somebody else"}],
]
LEAD: dict[str, Any] = {"name": "Ana", "size": 55, "address": {"postcode": "80331", "city": "München"}}
WHOLE = "You received this lead because Address postcode starts with “8” and Roof size is greater than 40."
PLAIN = "You received this lead because it fits what you take."


@pytest.fixture
def acme(db: None) -> Partner:
    return f.PartnerFactory.create(name="Acme", tells_why=True)


def assigned(entity: Entity, partner: Partner, **fields: Any) -> Assignment:
    """Acme behind a rival that is full, with a rule of the profile's besides."""
    rival = {"partner": f.PartnerFactory.create(name="Planted rival"), "enabled": False}
    rules = [[{"field": "name", "op": "not_equals", "value": "Planted name"}]]
    return in_force(rival, {"partner": partner, **fields}, entity=entity, rules=rules)[1]


def only(*keys: str) -> Ticks:
    return Ticks(everything=False, keys=frozenset(keys))


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        (Ticks(), WHOLE),
        (only("address.postcode", "size"), WHOLE),
        (only("address"), "You received this lead because Address postcode starts with “8”."),
        (only("size", "address.city"), "You received this lead because Roof size is greater than 40."),
        (only("name"), PLAIN),
        (only(), PLAIN),
    ],
)
def test_own_rule_on_ticked_fields_alone(entity: Entity, acme: Partner, ticks: Ticks, words: str) -> None:
    assigned(entity, acme, rules=RULES)
    routed(entity, **LEAD)
    assert why(Job.objects.get().pk, ticks) == words


def test_no_rules_of_its_own_say_nothing_of_the_profiles(entity: Entity, acme: Partner) -> None:
    assigned(entity, acme)
    routed(entity, **LEAD)
    assert why(Job.objects.get().pk, Ticks()) == PLAIN


def test_it_stays_as_it_was_decided(entity: Entity, acme: Partner) -> None:
    row = assigned(entity, acme, rules=RULES)
    (lead,) = routed(entity, **LEAD)
    row.rules = []
    row.save()
    save(row.profile)
    entity.fields.filter(key="size").update(label="Renamed")
    lead.values = {"size": 1}
    lead.save()
    assert why(Job.objects.get().pk, Ticks()) == WHOLE


def test_after_failover_it_names_the_rule_of_who_has_it_now(entity: Entity, acme: Partner) -> None:
    size: RulesDoc = [[{"field": "size", "op": "greater_than", "value": 1}]]
    in_force({}, {"partner": acme, "rules": size}, entity=entity, failover=True)
    routed(entity, **LEAD)
    end(Job.objects.get())
    job = Job.objects.get(partner=acme)
    assert why(job.pk, Ticks()) == "You received this lead because Roof size is greater than 1."


def test_a_job_that_no_decision_made_says_nothing(db: None) -> None:
    assert why(f.JobFactory.create().pk, Ticks()) == ""


@pytest.mark.parametrize("permitted", [True, False])
def test_portal_says_it_where_permitted(
    client: Client, entity: Entity, acme: Partner, permitted: bool
) -> None:
    acme.tells_why = permitted
    acme.save()
    settings = f.DeliverySettingsFactory.create(
        partner=acme, kind="portal", everything=False, per_entity={str(entity.pk): {"ticks": ["size"]}}
    )
    assigned(entity, acme, rules=RULES)
    (lead,) = routed(entity, **LEAD)
    entry = f.EntryFactory.create(id=Job.objects.get().pk, lead=lead, partner=acme, settings=settings)
    client.force_login(f.MemberFactory.create(partner=acme).user)
    html = client.get(reverse("portal:lead", args=[entry.pk])).content.decode()
    assert ("You received this lead because Roof size is greater than 40." in html) is permitted
    for secret in ("Planted", "80331", "postcode", "Somebody else", "Ana"):
        assert secret not in html
