"""GET /api/leads/{id}: what a source is told of its own lead, and of no other."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from distribution.catalogue import entity_spec
from distribution.intake.edit import edit_lead
from distribution.models import ApiKey, Entity, Lead, Profile
from distribution.routing.again import route_again
from leadflip.kit import clock
from leadflip.kit.ids import uuid7
from partners.models import Revision
from tests import factories as f
from tests.distribution.answers import errors, success
from tests.distribution.capped import in_force
from tests.distribution.conftest import PLAIN, Source

SENT = {"entity": "solar-lead", "name": "Ana", "iban": "DE89370400440532013000", "note": "Call late"}


def post(source: Source, **more: Any) -> str:
    answer = success(source.post({**SENT, **more}))
    return str(answer["lead_id"])


def told(source: Source, lead_id: object) -> dict[str, Any]:
    found: dict[str, Any] = success(source.get(f"/api/leads/{lead_id}"))["lead"]
    return found


def test_lead_as_it_stands(source: Source, profile: Profile) -> None:
    consent = {"consent_text": "Yes, call me", "consent_ip": "203.0.113.7"}
    lead_id = post(source, size=40, **consent)
    lead = told(source, lead_id)
    made = Lead.objects.get()
    assert lead == {
        "id": lead_id,
        "entity": "solar-lead",
        "source": "landing page",
        "status": "New",
        "note": "Call late",
        "test": False,
        "created_at": clock.iso(made.created_at),
        "updated_at": clock.iso(made.updated_at),
        "values": {"name": "Ana", "size": 40, "callback": False, "iban": "•••", "born": "•••"},
        "consent": {"text": "Yes, call me", "ip": "203.0.113.7"},
        "routing": "routed",
        "jobs": {"queued": 1},
    }


def test_lead_never_shows_encrypted_values(source: Source, entity: Entity) -> None:
    response = source.get(f"/api/leads/{post(source)}")
    assert SENT["iban"].encode() not in response.content


def test_sensitive_values_are_masked_also_where_a_decision_compared_them(
    source: Source, entity: Entity, key: ApiKey
) -> None:
    """Somebody else may have changed the lead since its source sent it."""
    entity.fields.filter(key__in=["name", "size"]).update(sensitive=True)
    ApiKey.objects.update(audit=True)
    in_force({"rules": [[{"field": "size", "op": "greater_than", "value": 500}]]}, entity=entity)
    lead_id = post(source, name="planted-name", size=431)
    edit_lead(lead_id=UUID(lead_id), entity=entity_spec(Revision.current(), entity.pk), body={"size": 432})
    with transaction.atomic():
        route_again([UUID(lead_id)])
    content = source.get(f"/api/leads/{lead_id}").content.decode().replace(lead_id, "")
    assert not {"planted-name", "431", "432"} & set(re.findall(r"[\w-]+", content))
    lead = told(source, lead_id)
    assert (lead["values"]["name"], lead["values"]["size"]) == ("•••", "•••")
    assert [decision["values"] for decision in lead["decisions"]] == [{"size": "•••"}] * 2
    assert "“•••” is not greater than 500" in lead["decisions"][0]["assignments"][0]["reason"]


def test_lead_of_another_key_is_404(source: Source, entity: Entity, client: Client) -> None:
    lead_id = post(source)
    f.ApiKeyFactory.create(plain="lf_elsewhere_secret")
    other = Source(client, "lf_elsewhere_secret")
    assert lead_id in errors(other.get(f"/api/leads/{lead_id}"), 404)["lead_id"][0]
    assert source.get(f"/api/leads/{lead_id}").status_code == 200


def test_lead_that_no_key_created_is_404(source: Source, entity: Entity) -> None:
    lead = f.LeadFactory.create(entity=entity)
    for lead_id in (lead.pk, uuid7(datetime(2026, 1, 1, tzinfo=clock.now().tzinfo))):
        assert errors(source.get(f"/api/leads/{lead_id}"), 404).keys() == {"lead_id"}


@pytest.mark.parametrize("lead_id", ["7", "no-uuid", "0" * 31, "0" * 33, "%00"])
def test_lead_422_no_id(source: Source, lead_id: str) -> None:
    assert errors(source.get(f"/api/leads/{lead_id}"), 422).keys() == {"lead_id"}


def test_lead_audit_tells_partners_prices_and_reasons(source: Source, profile: Profile, key: ApiKey) -> None:
    lead_id = post(source)
    partner = profile.assignments.get().partner.name
    assert not {"deliveries", "decisions"} & told(source, lead_id).keys()
    assert partner.encode() not in source.get(f"/api/leads/{lead_id}").content
    ApiKey.objects.update(audit=True)
    lead = told(source, lead_id)
    [delivery] = lead["deliveries"]
    assert (delivery["partner"], delivery["channel"], delivery["status"]) == (partner, "webhook", "queued")
    assert (delivery["price"], delivery["currency"]) == ("12.5000", "EUR")
    assert len(lead["decisions"]) == 1
    assert partner in str(lead["decisions"])


def test_lead_test_is_decided_and_sent_to_nobody(source: Source, profile: Profile) -> None:
    lead = told(source, post(source, test=True))
    assert (lead["test"], lead["jobs"]) == (True, {})


def test_lead_without_a_partner_is_unmatched(source: Source, entity: Entity) -> None:
    lead = told(source, post(source))
    assert (lead["routing"], lead["jobs"]) == ("unmatched", {})


@pytest.mark.parametrize("header", [f"Bearer {PLAIN}", PLAIN])
def test_lead_key_forms(source: Source, entity: Entity, client: Client, header: str) -> None:
    path = f"/api/leads/{post(source)}"
    assert client.get(path, headers={"Authorization": header}).status_code == 200
    assert "authorization" in errors(client.get(path), 401)
    ApiKey.objects.update(revoked_at=clock.now())
    assert "revoked" in errors(client.get(path, headers={"Authorization": header}), 401)["authorization"][0]


@pytest.mark.parametrize("method", ["head", "put", "patch", "delete", "options", "post"])
def test_lead_405(client: Client, method: str) -> None:
    response = getattr(client, method)(f"/api/leads/{uuid7(clock.now())}", headers={"Authorization": PLAIN})
    assert (response.status_code, response["Allow"]) == (405, "GET")
