"""Erasing in its single steps: who is found, what waits, what is refused, what is given out."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from delivery.models import Job
from distribution.erasing import run
from distribution.erasing.find import find
from distribution.intake.accept import accept
from distribution.models import Entity, Erasure, Lead
from distribution.models.erasure import FoundBy
from distribution.routing.again import route_again
from distribution.routing.gates.rules import miss
from distribution.services import make_key, save_profile
from distribution.tasks import carry_on_erasures
from partners.models import AuditEntry, Revision
from partners.sheet import reader
from tests import factories as f

pytestmark = pytest.mark.django_db

FIND, START, EXPORT = "erasing:find", "erasing:start", "erasing:export"


@pytest.fixture
def entity() -> Entity:
    row = f.EntityFactory.create(slug="solar", display_field="name", country="DE")
    f.make_fields(row, name="text", email={"type": "email", "encrypted": True}, phone="phone")
    return row


def lead(entity: Entity, email: str = "ana@example.com", **more: str) -> UUID:
    key, _plain = make_key(name="Website")
    Revision.bump()
    body = {"entity": entity.slug, "name": "Ana", "email": email, "phone": "030 1234567", **more}
    return UUID(accept(key=key, body=body, token=None)["lead_id"])


def erase(*leads: UUID) -> Erasure:
    made = run.start(leads=leads, found_by=FoundBy.LEAD, by=f.UserFactory.create(admin=True))
    run.carry_on(made.pk)
    made.refresh_from_db()
    return made


@pytest.mark.parametrize(
    "typed", ["ana@example.com", " Ana@EXAMPLE.com ", "030 1234567", "+49 30 1234567", "0049301234567"]
)
def test_find_is_exact_and_sees_encrypted_values(entity: Entity, typed: str) -> None:
    wanted, other = lead(entity), lead(entity, "anna@example.com", phone="030 7654321")
    test = lead(entity, test="true")
    assert find(typed).ids == [wanted, test]
    assert find(str(other)).ids == [other]


@pytest.mark.parametrize("typed", ["Ana", "12", "ana@", "ben@example.com", str(UUID(int=7))])
def test_find_finds_nobody(entity: Entity, typed: str) -> None:
    lead(entity)
    assert find(typed).ids == []


def test_waiting_job_is_cancelled_and_one_that_is_sent_ends_first(entity: Entity) -> None:
    first, second = lead(entity), lead(entity, "ben@example.com")
    waiting = f.JobFactory.create(lead_id=first, lead=Lead.objects.get(pk=first), retrying=True)
    sending = f.JobFactory.create(lead=Lead.objects.get(pk=second), sending=True)
    made = erase(first, second)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.told, waiting.erased) == ("cancelled", False, True)
    assert waiting.reason == "The lead was erased."
    assert (made.running, made.left) == (True, [str(second)])
    assert Lead.objects.get(pk=second).erased_at is None
    Job.objects.filter(pk=sending.pk).update(
        status="delivered", claim_token=None, lease_until=None, settled_at=made.started_at
    )
    assert carry_on_erasures() == 1
    made.refresh_from_db()
    assert not made.running
    assert [(each["lead"], each["certain"]) for each in made.copies] == [(str(second), True)]
    assert carry_on_erasures() == 0


def test_erased_lead_is_not_routed_again_nor_changed(entity: Entity, desk: Client) -> None:
    gone = lead(entity)
    Lead.objects.filter(pk=gone).update(routing="waiting", routing_due="2026-01-01T00:00Z")
    erase(gone)
    assert Lead.objects.get(pk=gone).routing == "none"
    assert route_again([gone]) == 0
    page = reverse("admin:distribution_lead_edit", args=[gone])
    desk.post(page, {"name": "Ana again"})
    assert Lead.objects.get(pk=gone).values == {}
    fresh = lead(entity)
    assert fresh != gone
    assert [sheet.lead_id for sheet in reader().recent([entity.pk], 5)] == [fresh]


def test_value_that_was_erased_is_not_called_empty(entity: Entity) -> None:
    profile = f.ProfileFactory.create(entity=entity)
    rules = [[{"field": "name", "op": "equals", "value": "Ben"}]]
    f.AssignmentFactory.create(profile=profile, rules=rules)
    document = save_profile(profile=profile, by=None).document
    assert miss(rules, (0, 0), document, {"name": None}).startswith("Name is empty")
    assert miss(rules, (0, 0), document, {}) == "the value was erased, and the rule is: Name is “Ben”"


def test_page_shows_what_goes_and_asks_for_the_word(entity: Entity, desk: Client) -> None:
    wanted = lead(entity)
    f.JobFactory.create(lead=Lead.objects.get(pk=wanted), delivered=True, partner__name="Acme")
    assert desk.post(reverse(FIND), {"who": "Ana"}).status_code == 422
    nobody = desk.post(reverse(FIND), {"who": "ben@example.com"})
    assert "Nobody was found" in nobody.content.decode()
    html = desk.post(reverse(FIND), {"who": "ana@example.com"}).content.decode()
    assert str(wanted) in html
    assert "Leads emptied" in html
    partner = Job.objects.get().partner.name
    assert partner in html
    for word in ("", "erase", "yes"):
        refused = desk.post(reverse(START), {"lead": [wanted], "found_by": "email", "word": word})
        assert refused.status_code == 422
        assert str(wanted) in refused.content.decode()
    assert not Erasure.objects.exists()
    answer = desk.post(reverse(START), {"lead": [wanted], "found_by": "email", "word": "ERASE"}, follow=True)
    assert "Finished" in answer.content.decode()
    report = desk.get(reverse("erasing:file", args=[Erasure.objects.get().pk]))
    text = report.content.decode()
    assert report["Content-Disposition"].startswith("attachment")
    assert partner in text
    assert "ana@example.com" not in text
    assert (
        "All of these leads are erased already"
        in desk.post(reverse(FIND), {"who": str(wanted)}).content.decode()
    )


def test_export_holds_everything_and_is_audited(entity: Entity, desk: Client) -> None:
    wanted = lead(entity, note="Called twice", consent_text="I agree")
    f.JobFactory.create(lead=Lead.objects.get(pk=wanted), delivered=True)
    form: dict[str, Any] = {"lead": [wanted], "found_by": "email"}
    answer = desk.post(reverse(EXPORT), {**form, "format": "json"})
    (document,) = json.loads(answer.content)["leads"]
    assert document["values"] == {"Name": "Ana", "Email": "ana@example.com", "Phone": "+49301234567"}
    assert document["typed"] == {"phone": "030 1234567"}
    assert document["note"] == "Called twice"
    assert document["consent"]["text"] == "I agree"
    assert [each["status"] for each in document["deliveries"]] == ["delivered"]
    page = desk.post(reverse(EXPORT), {**form, "format": "html"}).content.decode()
    assert "ana@example.com" in page
    assert AuditEntry.objects.filter(object_id=str(wanted), verb="looked").count() == 2
