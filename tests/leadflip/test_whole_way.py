"""A lead's whole way for real: posted by a source, routed, delivered, received at the other end.

What the source document asks of all channels together, and of switching between them.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from delivery.engine import news
from delivery.engine.engine import Engine
from delivery.models import Job
from distribution.models import Entity, Profile
from distribution.services import make_key, save_profile
from partners.models import DeliverySettings, Partner
from partners.services import save_settings, touch
from portal.models import Entry
from tests import factories as f
from tests.servers.behaviours import reply
from tests.servers.http import HttpServer
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)

# A value of each type, and how a template writes it.
VALUES: dict[str, Any] = {
    "first_name": "Ada",
    "notes": "Line one\nLine two",
    "size": 42,
    "email": "ada@example.com",
    "phone": "+49 30 23125 101",
    "born": "1990-05-01",
    "call_at": "2026-11-24T14:05:00Z",
    "roof": "Flat",
    "extras": ["Battery", "Charger"],
    "consent": True,
    "site": "https://ada.example.com/",
    "address": {"street": "Musterstraße", "postcode": "10115", "city": "Berlin"},
    "iban": "DE02120300000000202051",
}
FIELDS: dict[str, Any] = {
    "first_name": "text",
    "notes": "textarea",
    "size": "number",
    "email": "email",
    "phone": "phone",
    "born": "date",
    "call_at": "datetime",
    "roof": {"type": "select", "options": ["Flat", "Pitched"]},
    "extras": {"type": "multi_select", "options": ["Battery", "Charger"]},
    "consent": "checkbox",
    "site": "url",
    "address": "address",
    "iban": {"type": "text", "encrypted": True},
}


@dataclass
class House:
    """One entity with a field of every type, one profile that sends to all, and who receives."""

    entity: Entity
    profile: Profile
    http: HttpServer
    smtp: SmtpServer
    client: Client
    key: str

    def partner(self, kind: str, **settings: Any) -> Partner:
        """A partner with that delivery method, which the profile sends to."""
        partner = f.PartnerFactory.create(name=f"Partner by {kind}")
        self.use(partner, kind, **settings)
        f.AssignmentFactory.create(profile=self.profile, partner=partner, settings=None)
        save_profile(profile=self.profile, by=None)
        return partner

    def use(self, partner: Partner, kind: str, **settings: Any) -> None:
        """Sets the partner's delivery method as its form does."""
        config = dict(f.CONFIGS[kind])
        if kind == "webhook":
            config["url"] = f"{self.http.url}leads"
        plain: dict[str, Any] = {"secrets": {}, "policy": None, "everything": True, "per_entity": {}}
        touch()
        partner.default_settings = save_settings(
            partner=partner, kind=kind, config=config, **{**plain, **settings}
        )
        partner.save()

    def post(self, **values: Any) -> None:
        """Posts a lead as a source does."""
        body = json.dumps({"entity": self.entity.slug, **VALUES, **values})
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.post("/api/intake", body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content

    @property
    def states(self) -> list[tuple[str, str]]:
        """Method and status of each job, the oldest first."""
        return list(Job.objects.order_by("created_at", "kind").values_list("kind", "status"))


@pytest.fixture
def house(client: Client, settings: Any) -> Iterator[House]:
    entity = f.EntityFactory.create(slug="solar", display_field="first_name")
    f.make_fields(entity, **FIELDS)
    with HttpServer() as http, SmtpServer() as smtp:
        settings.OUTGOING_ALLOW = [f"127.0.0.1/32:{http.port}"]
        settings.SMTP_URL = f"smtp://127.0.0.1:{smtp.port}"
        settings.SMTP_FROM = "leads@example.com"
        profile = f.ProfileFactory.create(entity=entity, strategy="send_to_all")
        _, key = make_key(name="Landing page")
        yield House(entity, profile, http, smtp, client, key)


def deliver() -> None:
    """What is due now, by the real engine."""

    async def run() -> None:
        async with Engine() as engine:
            while await engine.run_once():
                pass

    asyncio.run(run())


def make_due() -> None:
    Job.objects.filter(status="retrying").update(next_attempt_at=Now())


def test_one_lead_reaches_a_partner_on_each_channel(house: House) -> None:
    for kind in ("webhook", "email", "portal"):
        house.partner(kind)
    house.post()
    deliver()
    assert house.states == [("email", "delivered"), ("portal", "delivered"), ("webhook", "delivered")]
    (request,), (mail,) = house.http.requests, house.smtp.mails
    assert (request.method, request.json()["first_name"], request.json()["iban"]) == (
        "POST",
        "Ada",
        VALUES["iban"],
    )
    assert mail.recipients == ("leads@example.com",)
    assert Entry.objects.get().review == "pending"


def test_every_field_may_stand_in_subject_and_body(house: House) -> None:
    names = [name for name in VALUES if name not in ("address", "notes")]
    subject = " ".join(f"{{{{ lead.{name} }}}}" for name in ("first_name", "roof", "size"))
    body = "\n".join(f"{name}={{{{ lead.{name} }}}}" for name in [*names, "address.postcode", "notes"])
    texts = {"ticks": [], "subject": subject, "body": body}
    house.partner("email", per_entity={str(house.entity.pk): texts})
    house.post()
    deliver()
    (mail,) = house.smtp.mails
    letter = message_from_bytes(mail.data, policy=policy.default)
    assert letter["Subject"] == "Ada Flat 42"
    text = letter.get_content()
    for line in ("first_name=Ada", "size=42", "iban=DE02120300000000202051", "address.postcode=10115"):
        assert line in text
    assert not [name for name in names if f"{name}=\n" in text]


def test_email_without_smtp_fails_at_once_and_says_where_to_set_it(house: House, settings: Any) -> None:
    settings.SMTP_URL = ""
    house.partner("email")
    house.post()
    deliver()
    job = Job.objects.get()
    assert (job.status, job.attempts, job.last_error_class) == ("failed", 1, "not_configured")
    assert "SMTP" in job.last_error
    assert house.smtp.mails == []


def test_webhook_over_plain_http_is_delivered(house: House) -> None:
    partner = house.partner("webhook")
    assert partner.default_settings is not None
    assert partner.default_settings.config["url"].startswith("http://")
    house.post()
    deliver()
    assert house.states == [("webhook", "delivered")]


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_answer_that_is_no_2xx_is_retried_until_the_budget_ends(house: House, status: int) -> None:
    house.http.default = reply(status)
    house.partner("webhook", policy=f.RetryPolicyFactory.create(waits=[5, 30]))
    house.post()
    for expected in ("retrying", "retrying", "failed"):
        deliver()
        assert house.states == [("webhook", expected)]
        make_due()
    assert len({request.header("webhook-id") for request in house.http.requests}) == 1
    assert len(house.http.requests) == 3


def test_rejecting_answer_fails_the_job_in_words_and_the_next_best_gets_the_lead(
    house: House, desk: Client
) -> None:
    """A 200 that says no, by the partner's answer rules; its id is shown to who may see bodies."""
    house.profile.strategy, house.profile.failover = "first_match", True
    house.profile.save()
    first = house.partner("webhook")
    assert first.default_settings is not None
    rule = {"where": "json", "path": "status", "value": "refused", "means": "rejected"}
    first.default_settings.config["answers"] = {"rules": [rule], "id": "id", "price": ""}
    first.default_settings.save()
    house.partner("portal")
    house.http.default = reply(200, b'{"status": "Refused", "id": "their-id-4711"}')
    house.post()
    deliver()
    while news.tell().told:
        pass
    deliver()
    assert house.states == [("webhook", "failed"), ("portal", "delivered")]
    assert len(house.http.requests) == 1
    job = Job.objects.get(kind="webhook")
    assert job.reason == "The partner rejected the lead: its value status is “refused”."
    page = desk.get(reverse("delivery:job", args=[job.pk])).content.decode()
    assert job.reason in page
    assert "their-id-4711" in desk.post(reverse("delivery:job_sent", args=[job.pk])).content.decode()


def test_switching_the_method_holds_from_the_next_job_and_resends_nothing(house: House) -> None:
    partner = house.partner("webhook")
    house.post(first_name="Delivered before")
    deliver()
    house.http.script(reply(500))
    house.post(first_name="Waits")
    deliver()
    house.use(partner, "portal")
    house.post(first_name="After")
    deliver()
    assert house.states == [("webhook", "delivered"), ("webhook", "retrying"), ("portal", "delivered")]
    # What waited keeps the channel that it was made with.
    make_due()
    deliver()
    assert [kind for kind, status in house.states if status == "delivered"] == [
        "webhook",
        "webhook",
        "portal",
    ]
    sent = [request.json()["first_name"] for request in house.http.requests]
    assert sent == ["Delivered before", "Waits", "Waits"]
    assert Entry.objects.count() == 1
    # And back: the earlier settings are found again, nothing is sent twice.
    house.use(partner, "webhook")
    house.post(first_name="Back")
    deliver()
    assert house.states[-1] == ("webhook", "delivered")
    assert DeliverySettings.objects.filter(partner=partner).count() == 2
    assert len(house.http.requests) == 4


def test_delivered_is_what_the_log_says(house: House, desk: Client) -> None:
    house.partner("webhook")
    house.post()
    deliver()
    log = desk.get(reverse("delivery:log"), {"status": "delivered"}).content.decode()
    assert "Ada" in log
    assert "badge-delivered" in log


def test_the_source_documents_path_leads_to_delivery(house: House, desk: Client) -> None:
    """Sidebar → Distribution → profile → partner → Delivery."""
    house.partner("webhook")
    assignment = house.profile.assignments.get()
    profiles = "admin:distribution_profile_changelist"
    steps: list[tuple[str, list[int], str, list[int]]] = [
        ("admin:index", [], profiles, []),
        (
            "admin:distribution_profile_changelist",
            [],
            "admin:distribution_profile_change",
            [house.profile.pk],
        ),
        (
            "admin:distribution_profile_change",
            [house.profile.pk],
            "admin:distribution_assignment_change",
            [assignment.pk],
        ),
    ]
    for page, of, following, to in steps:
        html = desk.get(reverse(page, args=of)).content.decode()
        assert f'href="{reverse(following, args=to)}' in html
    html = desk.get(reverse("admin:distribution_assignment_change", args=[assignment.pk])).content.decode()
    assert '<h2 id="delivery">Delivery</h2>' in html
    for method in ("Email", "Webhook", "Portal"):
        assert method in html
