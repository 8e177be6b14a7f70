"""Leads in the admin: read-only, encrypted values masked, the decision as sentences, jobs with links."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import Entity, Lead, Profile
from tests import factories as f

LIST = "/admin/distribution/lead/"


@pytest.fixture
def lead(entity: Entity) -> Lead:
    return f.LeadFactory.create(
        entity=entity,
        values={
            "name": "Ana <b>Bold</b>",
            "size": 42,
            "callback": False,
            "roofs": ["Flat", "Gable"],
            "address": {"street": "Hauptstr.", "postcode": "80331", "city": "München"},
        },
        hidden={"iban": "DE-planted-iban", "born": "1970-01-01"},
        note="Call after six",
    )


def page(lead: Lead) -> str:
    return reverse("admin:distribution_lead_change", args=[lead.pk])


@pytest.mark.parametrize("role", ["admin", "operator", "viewer"])
def test_values_with_encrypted_ones_masked(sign_in: Callable[[str], Client], lead: Lead, role: str) -> None:
    html = sign_in(role).get(page(lead)).content.decode()
    for shown in ("Ana &lt;b&gt;Bold&lt;/b&gt;", "42", "80331", "Flat", "Call after six", "•••"):
        assert shown in html
    for secret in ("planted-iban", "1970-01-01", "<b>Bold"):
        assert secret not in html
    assert "planted-iban" not in sign_in(role).get(LIST).content.decode()


def test_nobody_may_write(desk: Client, lead: Lead) -> None:
    assert desk.post(page(lead), {"status": "Changed"}).status_code == 403
    assert desk.post(page(lead).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert desk.get(f"{LIST}add/").status_code == 403


def test_list_names_leads_and_counts_jobs(desk: Client, lead: Lead, profile: Profile) -> None:
    f.JobFactory.create(lead=lead, assignment=profile.assignments.get(), delivered=True)
    f.JobFactory.create(lead=lead, failed=True)
    html = desk.get(LIST).content.decode()
    assert "Ana &lt;b&gt;Bold&lt;/b&gt;" in html
    assert "1 of 2 delivered" in html


def test_encrypted_display_field_names_nobody(desk: Client, lead: Lead) -> None:
    lead.entity.display_field = "iban"
    lead.entity.save()
    assert str(lead.pk)[-12:] in desk.get(LIST).content.decode()


def test_decision_is_read_as_sentences(desk: Client, lead: Lead, profile: Profile) -> None:
    chosen = profile.assignments.get()
    document = profile.versions.get().document
    f.DecisionFactory.create(lead=lead, profile=profile, verdicts=[[chosen.pk, "chosen"]])
    html = desk.get(page(lead)).content.decode()
    assert f"{chosen.partner}: chosen" in html
    assert f"{profile}, version 1" in html
    assert document["assignments"][0]["id"] == chosen.pk


def test_jobs_lead_to_the_log(desk: Client, lead: Lead, profile: Profile) -> None:
    job = f.JobFactory.create(
        lead=lead, assignment=profile.assignments.get(), failed=True, last_error="HTTP 500"
    )
    html = desk.get(page(lead)).content.decode()
    assert f'href="{reverse("delivery:job", args=[job.pk])}"' in html
    assert "HTTP 500" in html


def test_search_by_whole_id(desk: Client, lead: Lead) -> None:
    f.LeadFactory.create(entity=lead.entity)
    assert "1 result" in desk.get(LIST, {"q": str(lead.pk)}).content.decode()
    for nothing in ("planted-iban", str(uuid4())):
        assert "0 results" in desk.get(LIST, {"q": nothing}).content.decode()


def test_list_takes_steady_queries(desk: Client, entity: Entity, django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        f.JobFactory.create(lead=f.LeadFactory.create(entity=entity), delivered=True)
    with django_assert_max_num_queries(9):
        desk.get(LIST)


def test_unknown_lead_leads_back(desk: Client) -> None:
    assert desk.get(reverse("admin:distribution_lead_change", args=[uuid4()])).status_code == 302
