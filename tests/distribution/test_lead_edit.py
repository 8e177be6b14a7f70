"""Leads that the staff types in and changes: by intake as any other, encrypted values written only."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import Entity, Lead, Profile
from leadflip.kit import crypto
from partners.models import AuditEntry
from tests import factories as f
from tests.distribution.conftest import changed
from tests.forms import controls

ADD = "/admin/distribution/lead/add/"
TYPED = {"name": "Ana Bold", "email": "Ana@Example.com", "size": "42,5", "iban": "DE-planted-iban"}


@pytest.fixture
def lead(entity: Entity) -> Lead:
    return f.LeadFactory.create(
        entity=entity,
        values={"name": "Ana", "size": 42.5, "callback": True, "roofs": ["Flat"], "address": {"city": "Ulm"}},
        raw={"size": "42,5"},
        hidden={"iban": "DE-planted-iban", "born": "1970-01-01"},
        note="Call after six",
    )


def at(lead: Lead) -> str:
    return reverse("admin:distribution_lead_edit", args=[lead.pk])


def add(client: Client, **changes: Any) -> Any:
    """Opens the page, types and sends it."""
    return client.post(ADD, {**controls(client.get(ADD)), **TYPED, **changes})


def save(client: Client, lead: Lead, **changes: Any) -> Any:
    return client.post(at(lead), {**controls(client.get(at(lead))), **changes})


def opened(lead: Lead) -> dict[str, Any]:
    """The lead's encrypted values."""
    lead.refresh_from_db()
    assert lead.sealed is not None
    values: dict[str, Any] = crypto.unseal(lead.owner, lead.sealed)["values"]
    return values


@pytest.mark.parametrize("role", ["admin", "operator"])
def test_typed_lead_is_routed_as_any_other(
    sign_in: Callable[[str], Client], profile: Profile, role: str
) -> None:
    consent = {
        "consent_text": "By phone",
        "consent_url": "cert.example.com/1",
        "consent_at": "2026-11-24T14:05",
    }
    response = add(sign_in(role), status="Warm", source="Fair", note="Met there", callback="false", **consent)
    lead = Lead.objects.get()
    assert response["Location"] == reverse("admin:distribution_lead_change", args=[lead.pk])
    assert lead.values == {"name": "Ana Bold", "email": "Ana@example.com", "size": 42.5, "callback": False}
    assert opened(lead) == {"iban": "DE-planted-iban"}
    assert (lead.status, lead.source, lead.note) == ("Warm", "Fair", "Met there")
    assert lead.consent["text"] == "By phone"
    assert (lead.consent["at"], lead.consent["url"]) == ("2026-11-24T14:05:00Z", "https://cert.example.com/1")
    assert (lead.routing, lead.jobs.count()) == ("routed", 1)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.model, entry.object_id) == ("added", "distribution.lead", str(lead.pk))
    assert entry.changes == []


def test_lead_that_is_not_to_be_routed_stays(desk: Client, profile: Profile) -> None:
    sent = {**controls(desk.get(ADD)), **TYPED}
    del sent["lead-route"]
    assert desk.post(ADD, sent).status_code == 302
    lead = Lead.objects.get()
    assert (lead.routing, lead.jobs.count(), lead.source) == ("none", 0, "manual")


def test_refused_lead_keeps_what_was_typed(desk: Client, entity: Entity) -> None:
    response = add(desk, name="", size="big", consent_ip="here", **{"address.latitude": "91"})
    assert response.status_code == 422
    html = response.content.decode()
    assert "<title>Error: " in html
    for words in (
        "Full name is required; send a value.",
        "“big” is not a number; write one such as 1234.5.",
        "This is not an IP address; write one such as 203.0.113.7.",
        "“91” lies outside",
    ):
        assert html.count(words) == 2  # above, and beside the control
    assert controls(response)["iban"] == ["DE-planted-iban"]
    assert not Lead.objects.exists()


def test_entity_is_chosen_where_there_are_several(desk: Client, entity: Entity) -> None:
    other = f.EntityFactory.create(slug="other", name="Other lead")
    changed(other)
    html = desk.get(ADD).content.decode()
    assert 'href="?entity=solar-lead"' in html
    assert 'href="?entity=other"' in html
    way = f"{ADD}?entity=solar-lead"
    sent = {**controls(desk.get(way)), **TYPED, "_addanother": "1"}
    assert desk.post(way, sent)["Location"] == way
    assert Lead.objects.get().entity_id == entity.pk


def test_page_sent_twice_adds_one_lead(desk: Client, entity: Entity) -> None:
    sent = {**controls(desk.get(ADD)), **TYPED}
    first, second = desk.post(ADD, sent), desk.post(ADD, sent)
    assert first["Location"] == second["Location"]
    assert Lead.objects.count() == 1
    other = desk.post(ADD, {**sent, "name": "Ben"})
    assert "This was added already" in other.content.decode()
    assert desk.post(ADD, controls(other)).status_code == 302
    assert Lead.objects.count() == 2


def test_lead_that_is_there_is_shown_or_added_anyway(desk: Client, entity: Entity) -> None:
    field = entity.fields.get(key="email")
    changed(field, match_order=1)
    add(desk)
    lead = Lead.objects.get()
    again = desk.post(ADD, {**controls(desk.get(ADD)), **TYPED, "name": "Anna"}, follow=True)
    assert "This lead was there already, so nothing was added." in again.content.decode()
    assert add(desk, name="Anna", **{"lead-duplicate": "update"}).status_code == 302
    assert Lead.objects.get().values["name"] == "Anna"
    assert add(desk, **{"lead-duplicate": "create"}).status_code == 302
    assert Lead.objects.exclude(pk=lead.pk).count() == 1


def test_page_to_edit_shows_open_values_and_no_encrypted_one(desk: Client, lead: Lead) -> None:
    html = desk.get(at(lead)).content.decode()
    for secret in ("planted-iban", "1970-01-01"):
        assert secret not in html
    typed = controls(desk.get(at(lead)))
    assert typed["name"] == ["Ana"]
    assert typed["address.city"] == ["Ulm"]
    assert (typed["callback"], typed["roofs"], typed["iban"]) == (["true"], ["Flat"], [""])


def test_only_what_was_changed_is_saved(desk: Client, lead: Lead) -> None:
    assert save(desk, lead, name="Anna", roofs=["Flat", "Gable"]).status_code == 302
    lead.refresh_from_db()
    assert lead.values == {
        "name": "Anna",
        "size": 42.5,
        "callback": True,
        "roofs": ["Flat", "Gable"],
        "address": {"city": "Ulm"},
    }
    assert lead.raw == {"size": "42,5"}
    assert opened(lead) == {"iban": "DE-planted-iban", "born": "1970-01-01"}
    assert (lead.note, lead.routing) == ("Call after six", "routed")
    changes = AuditEntry.objects.get().changes
    assert changes == [{"what": label, "secret": "changed"} for label in ("Full name", "Roofs")]


def test_values_are_taken_away_and_replaced(desk: Client, lead: Lead) -> None:
    answer = save(
        desk, lead, size="", note="", iban="DE-other-iban", **{"remove-born": "on", "address.city": ""}
    )
    assert answer.status_code == 302
    lead.refresh_from_db()
    assert lead.values == {"name": "Ana", "callback": True, "roofs": ["Flat"]}
    assert opened(lead) == {"iban": "DE-other-iban"}
    assert lead.note == ""
    assert lead.raw == {}


def test_refused_edit_changes_nothing(desk: Client, lead: Lead) -> None:
    response = save(desk, lead, name="", born="yesterday", size="7")
    assert response.status_code == 422
    html = response.content.decode()
    assert "Full name is required" in html
    assert "The value is not a date of the calendar" in html
    lead.refresh_from_db()
    assert lead.values["size"] == 42.5


def test_who_saves_after_somebody_else_loses_and_overwrites_nothing(desk: Client, lead: Lead) -> None:
    opened_before = controls(desk.get(at(lead)))
    save(desk, lead, name="Anna", size="7")
    response = desk.post(at(lead), {**opened_before, "name": "Hanna", "note": "Mine"})
    assert "Somebody made this “Anna” meanwhile." in response.content.decode()
    lead.refresh_from_db()
    assert (lead.values["name"], lead.note) == ("Anna", "Call after six")
    assert desk.post(at(lead), controls(response)).status_code == 302
    lead.refresh_from_db()
    assert (lead.values["name"], lead.values["size"], lead.note) == ("Hanna", 7, "Mine")


def test_viewers_neither_add_nor_edit(sign_in: Callable[[str], Client], lead: Lead) -> None:
    viewer = sign_in("viewer")
    assert [viewer.get(way).status_code for way in (ADD, at(lead))] == [403, 403]
    assert viewer.post(at(lead), {"name": "Other"}).status_code == 403
    page = viewer.get(reverse("admin:distribution_lead_change", args=[lead.pk])).content.decode()
    assert at(lead) not in page
    assert at(lead) in sign_in("operator").get(page_of(lead)).content.decode()


def page_of(lead: Lead) -> str:
    return reverse("admin:distribution_lead_change", args=[lead.pk])
