"""A partner's own people look at its deliveries, and do what the admin permits."""

from typing import Any

import pytest
from django.test import Client

from delivery.models import Attempt, Job, Lane
from distribution.models import Entity
from leadflip.kit import clock
from partners.models import AuditEntry, DeliverySettings, May
from partners.outgoing.secrets import live, new_secret, rotated
from portal.models import EntryEvent
from tests import factories as f
from tests.people import People, make_people

LIST = "/portal/deliveries/"
SENT = {
    "request": {"method": "POST", "url": "https://crm.example.com/", "headers": [], "body": "sent-body"},
    "response": {"headers": {}, "text": "their-answer"},
}


@pytest.fixture
def people(db: None) -> People:
    people = make_people()
    allow(people, *May)
    return people


@pytest.fixture
def entity(db: None) -> Entity:
    entity = f.EntityFactory.create(name="Solar lead", display_field="name")
    f.make_fields(entity, name="text", city="text")
    return entity


@pytest.fixture
def webhook(people: People) -> DeliverySettings:
    row = f.DeliverySettingsFactory.create(
        partner=people.partner, kind="webhook", config={"url": "https://crm.example.com/", "signing": True}
    )
    row.put_secrets({"signing": rotated([], new_secret(), clock.now())})
    row.save()
    people.partner.default_settings = row
    people.partner.save()
    return row


@pytest.fixture
def job(webhook: DeliverySettings, entity: Entity) -> Job:
    assignment = f.AssignmentFactory.create(partner=webhook.partner, settings=webhook, profile__entity=entity)
    lead = f.LeadFactory.create(entity=entity, values={"name": "Ana Petrova", "city": "Graz"})
    made = f.JobFactory.create(failed=True, lead=lead, assignment=assignment, last_code=500)
    attempt = f.AttemptFactory.create(job=made, outcome="temporary", code=500)
    f.AttemptBodyFactory.create(attempt=attempt, content=SENT)
    return made


def allow(people: People, *what: May) -> None:
    people.partner.may = [each.value for each in what]
    people.partner.save()


def of(client: Client, person: Any) -> Client:
    client.force_login(person)
    return client


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def kinds() -> list[str]:
    return list(EntryEvent.objects.exclude(kind="signed_in").order_by("id").values_list("kind", flat=True))


def test_deliveries_are_listed_with_what_happened(client: Client, people: People, job: Job) -> None:
    mine = of(client, people.owner)
    page = text(mine.get(LIST))
    assert "Ana Petrova" in page
    assert "Failed at the first attempt" in page
    assert "Ana Petrova" in text(mine.get(f"{LIST}?show=badly"))
    Job.objects.update(status="delivered", last_outcome="delivered")
    assert "All were delivered" in text(mine.get(f"{LIST}?show=badly"))


def test_a_name_that_is_not_ticked_is_not_shown(
    client: Client, people: People, job: Job, webhook: DeliverySettings
) -> None:
    webhook.everything, webhook.per_entity = False, {str(job.lead.entity_id): {"ticks": ["city"]}}
    webhook.save()
    mine = of(client, people.owner)
    for page in (text(mine.get(LIST)), text(mine.get(f"{LIST}{job.id}/"))):
        assert "Ana Petrova" not in page


@pytest.mark.parametrize("name", ["owner", "reader"])
def test_what_was_sent_is_opened_and_that_is_told(
    client: Client, people: People, job: Job, name: str
) -> None:
    mine = of(client, getattr(people, name))
    page = text(mine.get(f"{LIST}{job.id}/"))
    assert "their-answer" not in page
    page = text(mine.post(f"{LIST}{job.id}/sent/"))
    assert "their-answer" in page
    assert "sent-body" in page
    assert [(event.kind, event.detail) for event in EntryEvent.objects.filter(kind="opened")] == [
        ("opened", {"job": str(job.id)})
    ]


def test_resend_begins_again(client: Client, people: People, job: Job) -> None:
    mine = of(client, people.colleague)
    assert "Resend" in text(mine.get(f"{LIST}{job.id}/"))
    assert "Sent again" in text(mine.post(f"{LIST}{job.id}/resend/", follow=True))
    job.refresh_from_db()
    assert job.status == "queued"
    assert "waits for its next attempt already" in text(mine.post(f"{LIST}{job.id}/resend/", follow=True))
    assert kinds() == ["resent"]
    assert AuditEntry.objects.filter(user=people.colleague, verb="acted", object_id=str(job.pk)).count() == 1


def test_test_lead_goes_the_way_of_the_leads(client: Client, people: People, job: Job) -> None:
    mine = of(client, people.owner)
    assert "Send a test lead: Solar lead" in text(mine.get(LIST))
    page = text(mine.post(f"{LIST}test/", {"entity": job.lead.entity_id}, follow=True))
    assert "Waits for a worker" in page
    made = Job.objects.get(test=True)
    assert (made.partner, made.settings.config) == (people.partner, job.settings.config)
    assert kinds() == ["tested"]
    foreign = f.EntityFactory.create()
    assert mine.post(f"{LIST}test/", {"entity": foreign.pk}).status_code == 404


def test_pause_and_resume(client: Client, people: People, webhook: DeliverySettings) -> None:
    mine = of(client, people.owner)
    assert "are paused by Owner" in text(mine.post(f"{LIST}pause/", follow=True))
    assert Lane.objects.get(settings=webhook).paused_by == people.owner
    mine.post(f"{LIST}pause/")  # nothing more to do, nothing more to tell
    page = text(mine.post(f"{LIST}resume/", follow=True))
    assert "Pause deliveries" in page
    assert Lane.objects.get(settings=webhook).paused_at is None
    assert kinds() == ["paused", "resumed"]


def test_what_an_operator_paused_stays_paused(
    client: Client, people: People, webhook: DeliverySettings
) -> None:
    operator = f.UserFactory.create(is_staff=True)
    Lane.objects.create(settings=webhook, paused_at=clock.now(), paused_by=operator)
    mine = of(client, people.owner)
    page = text(mine.get(LIST))
    assert "Your operator can resume them." in page
    assert "Resume deliveries" not in page
    mine.post(f"{LIST}resume/")
    assert Lane.objects.get(settings=webhook).paused_at is not None
    assert kinds() == []


def test_new_secret_is_shown_once_and_the_old_one_signs_along(
    client: Client, people: People, webhook: DeliverySettings
) -> None:
    mine = of(client, people.owner)
    (old,) = live(webhook.secrets()["signing"], clock.now())
    page = text(mine.post(f"{LIST}secret/", {"stays": "3600"}, follow=True))
    webhook.refresh_from_db()
    new, also = live(webhook.secrets()["signing"], clock.now())
    assert also == old
    assert new in page
    assert new not in text(mine.get(f"{LIST}secret/once/"))
    assert kinds() == ["new_secret"]
    assert new not in str(list(AuditEntry.objects.values()))
    mine.post(f"{LIST}secret/", {"stays": "3600"})
    assert "Three secrets sign already" in text(mine.post(f"{LIST}secret/", {"stays": "3600"}))
    mine.post(f"{LIST}secret/", {"stays": ""})
    assert kinds() == ["new_secret"] * 2


def addresses(job: Job) -> list[tuple[str, str]]:
    acts = [f"{job.id}/sent/", f"{job.id}/resend/", "test/", "pause/", "resume/", "secret/"]
    return [("get", ""), ("get", f"{job.id}/"), ("get", "secret/"), *(("post", act) for act in acts)]


def test_nothing_is_there_for_a_partner_that_may_nothing(client: Client, people: People, job: Job) -> None:
    allow(people)
    mine = of(client, people.owner)
    sent = {"entity": job.lead.entity_id, "stays": "0"}
    codes = {getattr(mine, way)(LIST + address, sent).status_code for way, address in addresses(job)}
    assert codes == {404}
    assert "Deliveries" not in text(mine.get("/portal/"))
    assert kinds() == []


def test_read_only_people_see_and_do_nothing(client: Client, people: People, job: Job) -> None:
    mine = of(client, people.reader)
    page = text(mine.get(LIST)) + text(mine.get(f"{LIST}{job.id}/"))
    for button in ("Resend", "Pause deliveries", "Send a test lead", "Make a new signing secret"):
        assert button not in page
    acts = [act for act in addresses(job) if act[0] == "post" and not act[1].endswith("sent/")]
    assert {mine.post(LIST + address).status_code for _way, address in acts} == {404}
    job.refresh_from_db()
    assert job.status == "failed"


def test_another_partners_delivery_is_not_there(client: Client, people: People, job: Job) -> None:
    people.foreign.may = May.values
    people.foreign.save()
    theirs = of(client, people.stranger)
    assert "Ana Petrova" not in text(theirs.get(LIST))
    for way, act in (("get", ""), ("post", "sent/"), ("post", "resend/")):
        assert getattr(theirs, way)(f"{LIST}{job.id}/{act}").status_code == 404
    assert Attempt.objects.count() == 1
