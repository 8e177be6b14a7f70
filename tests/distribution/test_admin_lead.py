"""Leads in the admin: encrypted values masked, the decision as sentences, jobs with links."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from delivery.models import Job
from distribution.models import Entity, Lead, Profile, Repeat
from distribution.services import save_profile
from leadflip.kit import crypto
from partners.models import AuditEntry
from partners.services import touch
from tests import factories as f
from tests.distribution.capped import end, in_force, routed
from tests.forms import submit

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


def reveal(lead: Lead) -> str:
    return reverse("admin:distribution_lead_reveal", args=[lead.pk])


@pytest.mark.parametrize("role", ["admin", "operator"])
def test_encrypted_values_are_shown_on_request_and_noted(
    sign_in: Callable[[str], Client], lead: Lead, role: str
) -> None:
    client = sign_in(role)
    assert "Show masked values" in client.get(page(lead)).content.decode()
    assert client.get(reveal(lead)).status_code == 405
    answer = client.post(reveal(lead))
    assert "no-store" in answer.headers["Cache-Control"]
    html = answer.content.decode()
    assert "DE-planted-iban" in html
    assert "Show masked values" not in html
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.model, entry.object_id) == ("looked", "distribution.lead", str(lead.pk))
    assert entry.user is not None
    assert {each["what"] for each in entry.changes} == {"Bank account", "Born"}
    assert "planted" not in str(entry.changes)
    part = client.post(reveal(lead), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="lead-values">')
    assert "DE-planted-iban" in part
    # The next visit is masked again.
    assert "planted-iban" not in client.get(page(lead)).content.decode()


def test_viewer_and_stranger_leads_show_nothing(sign_in: Callable[[str], Client], lead: Lead) -> None:
    client = sign_in("viewer")
    assert "Show masked values" not in client.get(page(lead)).content.decode()
    assert client.post(reveal(lead)).status_code == 403
    assert sign_in("admin").post(reveal(Lead(pk=uuid4()))).status_code == 404
    assert not AuditEntry.objects.exists()


def test_value_that_no_key_opens_is_not_noted_as_seen(desk: Client, lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(sealed=crypto.seal("lead:another", {"values": {}}))
    html = desk.post(reveal(lead)).content.decode()
    assert "None of the keys in ENCRYPTION_KEYS opens" in html
    assert "•••" in html
    assert not AuditEntry.objects.exists()


def test_lead_without_encrypted_values_offers_nothing_to_show(desk: Client, entity: Entity) -> None:
    plain = f.LeadFactory.create(entity=entity, values={"name": "Ana"})
    assert "Show masked values" not in desk.get(page(plain)).content.decode()


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_sensitive_values_are_masked_wherever_the_staff_looks(
    sign_in: Callable[[str], Client], entity: Entity, role: str
) -> None:
    entity.fields.filter(key__in=["name", "size"]).update(sensitive=True)
    in_force({"rules": [[{"field": "size", "op": "greater_than", "value": 500}]]}, {}, entity=entity)
    [made] = routed(entity, 1, name="planted-name", size="43.17")
    client, looked = sign_in(role), []
    looked += [page(made), LIST, reverse("delivery:log"), reverse("delivery:job", args=[made.jobs.get().pk])]
    if role == "operator":
        looked.append(reverse("admin:distribution_lead_edit", args=[made.pk]))
    for url in looked:
        html = client.get(url).content.decode()
        assert "planted-name" not in html, url
        assert "43.17" not in html, url
    assert "“•••” is not greater than 500" in client.get(page(made)).content.decode().replace("  ", " ")


def test_sensitive_values_are_shown_on_request_and_noted(desk: Client, entity: Entity) -> None:
    entity.fields.filter(key__in=["name", "size"]).update(sensitive=True)
    lead = f.LeadFactory.create(entity=entity, values={"name": "planted-name"})
    assert "Show masked values" in desk.get(page(lead)).content.decode()
    assert "planted-name" in desk.post(reveal(lead)).content.decode()
    assert [each["what"] for each in AuditEntry.objects.get().changes] == ["Full name"]


def test_sensitive_value_is_written_without_being_seen(desk: Client, entity: Entity) -> None:
    entity.fields.filter(key__in=["name", "size"]).update(sensitive=True)
    touch()
    lead = f.LeadFactory.create(entity=entity, values={"name": "Ana", "size": 3})
    edit = reverse("admin:distribution_lead_edit", args=[lead.pk])
    assert submit(desk, edit, {"email": "ana@example.com"}).status_code == 302
    assert submit(desk, edit, {"size": "4"}).status_code == 302
    lead.refresh_from_db()
    assert lead.values == {"name": "Ana", "size": 4, "email": "ana@example.com"}


def test_consent_and_repeats_are_told(desk: Client, lead: Lead) -> None:
    lead.consent = {"text": "Call me <soon>", "ip": "203.0.113.7", "url": "https://certs.example.com/1"}
    lead.save()
    key = f.ApiKeyFactory.create(name="Comparison site")
    Repeat.objects.create(lead=lead, source="web", api_key=key, action="skip")
    Repeat.objects.create(lead=lead, source="import", action="update")
    html = desk.get(page(lead)).content.decode()
    for shown in ("Call me &lt;soon&gt;", "203.0.113.7", "https://certs.example.com/1"):
        assert shown in html
    text = " ".join(strip_tags(html).split())
    assert "It came again and was skipped" in text
    assert "web · Comparison site" in text
    assert "It came again and was updated" in text


def test_nobody_writes_on_its_page(desk: Client, lead: Lead) -> None:
    assert desk.post(page(lead), {"status": "Changed"}).status_code == 403
    assert desk.post(page(lead).replace("change", "delete"), {"post": "yes"}).status_code == 403


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
    f.DecisionFactory.create(lead=lead, profile=profile, verdicts=[["chosen"]])
    html = desk.get(page(lead)).content.decode()
    assert f"{chosen.partner}: chosen" in strip_tags(html)
    assert f"{profile}, version 1" in html
    assert document["assignments"][0]["id"] == chosen.pk


def test_story_is_in_the_order_of_what_happened(desk: Client, lead: Lead, profile: Profile) -> None:
    start = lead.created_at
    assignment = profile.assignments.get()
    f.DecisionFactory.create(lead=lead, profile=profile, verdicts=[["chosen"]], at=start)
    job = f.JobFactory.create(
        lead=lead,
        assignment=assignment,
        failed=True,
        attempts=1,
        created_at=start,
        last_error="HTTP 500",
        settled_at=start + timedelta(seconds=9),
    )
    f.AttemptFactory.create(
        job=job,
        outcome="temporary",
        error="The server answered 500.",
        started_at=start + timedelta(seconds=1),
    )
    html = desk.get(page(lead)).content.decode()
    story = html[html.index("What happened") :]
    order = [
        "Solar lead received",
        f"{profile}, version 1",
        "1 distribution job",
        "attempt 1",
        "answered 500",
        "Failed at the first",
    ]
    assert [story.index(words) for words in order] == sorted(story.index(words) for words in order)


def test_story_tells_the_partners_answer(desk: Client, lead: Lead) -> None:
    job = f.JobFactory.create(
        lead=lead, delivered=True, settings=f.DeliverySettingsFactory.create(kind="portal")
    )
    now = timezone.now()
    answered = {"review": "rejected", "reason": "no_fit", "note": "Too <b>small</b>", "answered_at": now}
    entry = f.EntryFactory.create(id=job.id, partner=job.partner, lead=lead, **answered)
    f.EntryEventFactory.create(
        entry=entry, partner=job.partner, user=f.UserFactory.create(name="Ana"), kind="rejected", at=now
    )
    html = desk.get(page(lead)).content.decode()
    for words in ("in the portal", "Ana · Does not fit what we offer · Too &lt;b&gt;small&lt;/b&gt;"):
        assert words in html


def test_waiting_job_counts_down(desk: Client, lead: Lead, profile: Profile) -> None:
    due = timezone.now() + timedelta(hours=2, seconds=5)
    f.JobFactory.create(lead=lead, assignment=profile.assignments.get(), retrying=True, next_attempt_at=due)
    html = desk.get(page(lead)).content.decode()
    assert "next attempt" in html
    assert "in 2 h" in html


def now(lead: Lead) -> str:
    return reverse("admin:distribution_lead_now", args=[lead.pk])


def test_page_follows_a_lead_until_all_has_ended(desk: Client, lead: Lead, profile: Profile) -> None:
    job = f.JobFactory.create(lead=lead, assignment=profile.assignments.get())
    html = desk.get(page(lead)).content.decode()
    seen = html.split("seen=")[1].split('"')[0]
    unchanged = desk.get(now(lead), {"seen": seen}).content.decode()
    assert "lead-poll" in unchanged
    assert "lead-story" not in unchanged
    Job.objects.filter(pk=job.pk).update(
        status="delivered", attempts=1, next_attempt_at=None, settled_at=timezone.now()
    )
    changed = desk.get(now(lead), {"seen": seen}).content.decode()
    assert "1 of 1 delivered" in changed
    assert "hx-get" not in changed
    assert "hx-get" not in desk.get(page(lead)).content.decode()


def test_page_follows_a_lead_that_waits_for_routing(desk: Client, entity: Entity) -> None:
    lead = f.LeadFactory.create(entity=entity, waiting=True)
    assert now(lead) in desk.get(page(lead)).content.decode()


def test_story_is_for_readers_of_leads(client: Client, lead: Lead) -> None:
    assert client.get(now(lead)).status_code == 302
    client.force_login(f.UserFactory.create(staff=True))
    for address in (now(lead), page(lead)):
        assert client.get(address).status_code == 403


@pytest.mark.parametrize("rows", [1, 50])
def test_page_takes_steady_queries(
    sign_in: Callable[[str], Client],
    lead: Lead,
    profile: Profile,
    rows: int,
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(rows):
        assignment = f.AssignmentFactory.create(profile=profile)
        job = f.JobFactory.create(lead=lead, assignment=assignment, failed=True)
        f.AttemptFactory.create(job=job, outcome="temporary")
    save_profile(profile=profile, by=None)
    document = profile.versions.latest("number")
    verdicts = [["chosen"] for _each in document.document["assignments"]]
    f.DecisionFactory.create(lead=lead, profile=profile, version=document.number, verdicts=verdicts)
    client = sign_in("operator")
    with django_assert_max_num_queries(10):
        html = client.get(page(lead)).content.decode()
    assert html.count(": chosen") == rows + 1


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


def chosen(client: Client, *leads: Lead) -> str:
    """What the list says after “Route again” on these leads."""
    sent = {"action": "route_again", "_selected_action": [str(lead.pk) for lead in leads]}
    return client.post(LIST, sent, follow=True).content.decode()


@pytest.mark.parametrize("role", ["admin", "operator"])
def test_leads_are_routed_again_by_whoever_acts_on_jobs(
    sign_in: Callable[[str], Client], entity: Entity, profile: Profile, role: str
) -> None:
    leads = f.LeadFactory.create_batch(2, entity=entity, routing="unmatched")
    made_up = f.LeadFactory.create(entity=entity, test=True)
    client = sign_in(role)
    assert "2 distribution jobs were made." in chosen(client, *leads, made_up)
    assert set(Job.objects.values_list("lead", flat=True)) == {lead.pk for lead in leads}
    assert not Lead.objects.filter(routing="unmatched").exists()
    assert "0 distribution jobs were made." in chosen(client, *leads)


def test_leads_that_nobody_matched_are_filtered(desk: Client, entity: Entity) -> None:
    nowhere = f.LeadFactory.create(entity=entity, routing="unmatched", values={"name": "Nobody's"})
    f.LeadFactory.create(entity=entity, routing="routed", values={"name": "Somebody's"})
    html = desk.get(LIST, {"routing__exact": "unmatched"}).content.decode()
    assert page(nowhere) in html
    assert "Somebody" not in html


def test_viewer_routes_nothing_again(
    sign_in: Callable[[str], Client], entity: Entity, profile: Profile
) -> None:
    lead = f.LeadFactory.create(entity=entity, routing="unmatched")
    client = sign_in("viewer")
    assert "Route again" not in client.get(LIST).content.decode()
    chosen(client, lead)
    assert not Job.objects.exists()


def test_too_many_leads_at_once_are_refused(
    desk: Client, entity: Entity, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distribution.admin.lead.MOST_AT_ONCE", 1)
    assert "at most 1 leads" in chosen(desk, *f.LeadFactory.create_batch(2, entity=entity))
    assert not Job.objects.exists()


def test_failover_is_named_in_the_story(desk: Client, entity: Entity) -> None:
    rows = in_force({}, {}, entity=entity, failover=True)
    (lead,) = routed(entity)
    end(Job.objects.get())
    html = desk.get(page(lead)).content.decode()
    assert "Failover" in html
    assert f"{rows[0].partner}: skipped, it had this lead before" in strip_tags(html)
