"""Preview and test of a Delivery section: the real way, nothing stored by a look, nothing secret shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from delivery import services, trial
from delivery.models import Job, Lane
from delivery.tasks import forget_tests, run_job
from distribution.models import Assignment, Entity, Lead
from partners.draft import Draft
from partners.models import DeliverySettings, Partner
from portal.models import Entry
from tests.factories import (
    AssignmentFactory,
    DeliverySettingsFactory,
    EntityFactory,
    LeadFactory,
    PartnerFactory,
    SmtpAccountFactory,
    UserFactory,
    make_fields,
)
from tests.forms import controls
from tests.servers.behaviours import echo, reply
from tests.servers.http import HttpServer
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.django_db
# For what the engine delivers: it reads what was committed.
delivers = pytest.mark.django_db(transaction=True)

PART = {"HX-Request": "true"}
HEADER = "planted-header-value"
SEALED = "planted-sealed-value"


@pytest.fixture
def entity(db: None) -> Entity:
    entity = EntityFactory.create(name="Solar lead", slug="solar-lead", display_field="name")
    make_fields(entity, name="text", size="number", iban={"type": "text", "encrypted": True})
    return entity


@pytest.fixture
def acme(entity: Entity) -> Partner:
    """With a webhook that signs nothing and has a header."""
    partner = PartnerFactory.create(name="Acme")
    partner.default_settings = DeliverySettingsFactory.create(
        partner=partner,
        config={
            "url": "https://crm.example.com/leads",
            "method": "POST",
            "format": "json",
            "headers": ["X-API-Key"],
            "signing": False,
        },
        secrets={"headers": {"X-API-Key": HEADER}},
    )
    partner.save()
    return partner


@pytest.fixture
def lead(entity: Entity) -> Lead:
    return LeadFactory.create(entity=entity, values={"name": "Ana", "size": 3}, hidden={"iban": SEALED})


def form_of(desk: Client, partner: Partner, **changes: Any) -> dict[str, Any]:
    """The partner's form as it stands, with changes by the names of its Delivery section."""
    values = controls(desk.get(reverse("admin:partners_partner_change", args=[partner.pk])))
    return {**values, **{f"delivery-{name}": value for name, value in changes.items()}}


def chosen(lead: Lead) -> str:
    return f"{lead.entity_id}:{lead.pk}"


def rows() -> list[int]:
    return [model.objects.count() for model in (Lead, DeliverySettings, Job, Entry)]


def look(desk: Client, partner: Partner, **changes: Any) -> str:
    sent = form_of(desk, partner, **changes)
    answer = desk.post(reverse("delivery:preview_of", args=[partner.pk]), sent, headers=PART)
    assert answer.status_code == 200
    return answer.content.decode()


def send(desk: Client, partner: Partner, **changes: Any) -> Any:
    sent = form_of(desk, partner, **changes)
    return desk.post(reverse("delivery:test", args=[partner.pk]), sent, headers=PART)


def result(desk: Client) -> str:
    """Delivers the one test job and shows what became of it."""
    job = Job.objects.get()
    run_job(str(job.pk))
    return desk.get(reverse("delivery:trial", args=[job.pk]), headers=PART).content.decode()


# Preview


@delivers
def test_preview_is_what_is_sent(
    desk: Client, acme: Partner, entity: Entity, http_server: HttpServer, loopback: None
) -> None:
    lead = LeadFactory.create(entity=entity, values={"name": "Ana", "size": 3})
    changes = {"webhook-url": http_server.url, "webhook-header_0_value": HEADER, "lead": chosen(lead)}
    html = look(desk, acme, **changes)
    shown = html[html.index("<pre") : html.index("</pre>")].partition(">")[2].replace("&quot;", '"')
    send(desk, acme, **changes)
    result(desk)
    assert json.loads(shown) == http_server.requests[0].json()


def test_preview_stores_nothing_and_shows_no_secret(desk: Client, acme: Partner, lead: Lead) -> None:
    before = rows()
    html = look(desk, acme, **{"lead": chosen(lead), "webhook-signing": "on"})
    assert rows() == before
    assert "v1,•••" in html
    assert "X-API-Key" in html
    assert "&quot;iban&quot;: &quot;•••&quot;" in html
    assert SEALED not in html
    assert HEADER not in html


def test_preview_of_a_partner_that_is_not_saved(desk: Client, entity: Entity) -> None:
    sent = {"delivery-method": "webhook", "delivery-everything": "yes"}
    html = desk.post(reverse("delivery:preview"), sent, headers=PART).content.decode()
    assert "Sample name" in html
    assert "&quot;size&quot;: 42" in html
    assert rows() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": ""}, "Choose a delivery method to see"),
        ({"method": "portal"}, "The partner sees this in the portal"),
        ({"method": "email"}, "New lead: Sample name"),
        ({"method": "webhook", "webhook-url": "nonsense"}, "https://partner.example.com/leads"),
        ({"method": "webhook", "webhook-format": "form"}, "name=Sample+name"),
        ({"method": "webhook", "everything": "no"}, "&quot;entity&quot;: &quot;solar-lead&quot;"),
        ({"method": "webhook", "webhook-url": "http://crm.example.com/"}, "travel unencrypted"),
        ({"method": "webhook", "webhook-url": "http://crm.example.com/"}, "in clear over http://: Iban"),
        ({"method": "email"}, "in clear by e-mail, where every mail server on the way can read them: Iban"),
        ({"method": "email"}, "No SMTP server is set: e-mail jobs fail at once."),
        ({"everything": "no"}, "No field of Solar lead is ticked: nothing of its leads is sent."),
    ],
)
def test_preview_says(desk: Client, acme: Partner, changes: dict[str, str], said: str) -> None:
    assert said in look(desk, acme, **changes)


def test_unticked_encrypted_field_is_no_warning(desk: Client, acme: Partner, entity: Entity) -> None:
    ticks = {f"entity-{entity.pk}-ticks": ["name"]}
    html = look(desk, acme, method="email", everything="no", **ticks)
    assert "in clear" not in html
    assert "Iban" not in html


@pytest.mark.parametrize(
    ("body", "ticks", "said"),
    [
        (
            "Hi\n {{ lead.nmae }}",
            ["name"],
            "Line 2, column 5: There is no field lead.nmae. The nearest is lead.name.",
        ),
        ("{{ lead.size }}", ["name"], "lead.size is not ticked for this partner"),
    ],
)
def test_preview_names_errors_of_texts(
    desk: Client, acme: Partner, entity: Entity, body: str, ticks: list[str], said: str
) -> None:
    texts = {f"entity-{entity.pk}-body": body, f"entity-{entity.pk}-ticks": ticks}
    assert said in look(desk, acme, method="email", everything="no", **texts)


def test_html_letter_stands_alone_under_its_own_policy(desk: Client, acme: Partner, entity: Entity) -> None:
    texts = {
        "email-html": "on",
        f"entity-{entity.pk}-body": '<p style="color:red">{{ lead.name }}</p><script>x()</script>',
    }
    html = look(desk, acme, method="email", **texts)
    assert '<iframe class="letter" name="letter" sandbox' in html
    sent = form_of(desk, acme, method="email", **texts)
    answer = desk.post(reverse("delivery:letter_of", args=[acme.pk]), sent)
    assert answer.headers["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in answer.headers["Cache-Control"]
    letter = answer.content.decode()
    assert 'style="color:red">Sample name' in letter
    assert "script" not in letter


def test_preview_without_scripts_is_a_page_that_repeats_no_secret(desk: Client, acme: Partner) -> None:
    sent = form_of(desk, acme, method="email", **{"email-html": "on", "webhook-header_0_value": HEADER})
    html = desk.post(reverse("delivery:preview_of", args=[acme.pk]), sent).content.decode()
    assert "<h1>Preview</h1>" in html
    assert 'name="delivery-email-html"' in html
    assert HEADER not in html


# Test lead


@delivers
def test_test_sends_what_was_typed_and_changes_no_settings(
    desk: Client, acme: Partner, http_server: HttpServer, loopback: None
) -> None:
    changes = {"webhook-url": http_server.url, "webhook-header_0_value": "typed-only-here"}
    http_server.script(echo())
    answer = send(desk, acme, **changes).content.decode()
    assert 'hx-trigger="load delay:500ms, live"' in answer
    html = result(desk)
    assert "The partner&#x27;s endpoint took it." in html
    assert "hx-trigger" not in html
    assert http_server.requests[0].header("x-api-key") == "typed-only-here"
    assert "typed-only-here" not in html
    row = Partner.objects.get(pk=acme.pk).default_settings
    assert row is not None
    assert (row.config["url"], row.version) == ("https://crm.example.com/leads", 1)
    job = Job.objects.get()
    assert (job.test, job.assignment, job.status, job.price) == (True, None, "delivered", None)
    assert job.lead == Lead.objects.get(test=True)


@delivers
def test_test_with_a_real_lead_is_delivered_in_clear(
    desk: Client, acme: Partner, lead: Lead, http_server: HttpServer, loopback: None
) -> None:
    send(desk, acme, **{"webhook-url": http_server.url, "webhook-header_0_value": "k", "lead": chosen(lead)})
    result(desk)
    assert http_server.requests[0].json()["iban"] == SEALED
    assert not Lead.objects.filter(test=True).exists()


@delivers
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "Nothing is there: check the path"),
        (500, "give the partner the id of this test"),
    ],
)
def test_failed_test_is_tried_once_and_says_what_to_do(
    desk: Client, acme: Partner, http_server: HttpServer, loopback: None, status: int, said: str
) -> None:
    http_server.script(reply(status, b"<b>their words</b>"))
    send(desk, acme, **{"webhook-url": http_server.url, "webhook-header_0_value": "k"})
    html = result(desk)
    assert said in html
    assert f"Answer {status}" in html
    assert "&lt;b&gt;their words&lt;/b&gt;" in html
    job = Job.objects.get()
    assert (job.status, job.attempts) == ("failed", 1)


@delivers
def test_failed_tests_slow_no_lane_and_are_not_held(
    desk: Client, acme: Partner, http_server: HttpServer, loopback: None
) -> None:
    http_server.default = reply(500)
    for _turn in range(4):
        send(desk, acme, **{"webhook-url": http_server.url, "webhook-header_0_value": "k"})
        job = Job.objects.latest("id")
        assert run_job(str(job.pk)) == "failed"
    assert not Lane.objects.filter(settings=acme.default_settings).exists()
    assert len(http_server.requests) == 4


def test_nothing_is_sent_before_errors_are_mended(desk: Client, acme: Partner) -> None:
    html = send(desk, acme, **{"webhook-url": "nonsense"}).content.decode()
    assert "Not sent. Mend this first:" in html
    assert 'href="#id_delivery-webhook-url">URL: ' in html
    assert rows() == [0, 1, 0, 0]


def test_inactive_partner_gets_no_test(desk: Client, acme: Partner) -> None:
    Partner.objects.update(active=False)
    assert "Make it active first." in send(desk, acme).content.decode()
    assert not Job.objects.exists()


@delivers
def test_portal_test_puts_nothing_into_the_feed(desk: Client, acme: Partner) -> None:
    send(desk, acme, method="portal")
    assert "A test puts nothing into the partner&#x27;s feed." in result(desk)
    assert not Entry.objects.exists()


@delivers
def test_email_test_is_marked(desk: Client, acme: Partner) -> None:
    with SmtpServer() as smtp:
        SmtpAccountFactory.create(port=smtp.port)
        send(desk, acme, method="email", **{"email-recipients": "leads@example.com"})
        assert "The mail server took the e-mail." in result(desk)
    assert b"Subject: [Test] New lead: Sample name" in smtp.mails[0].data


@delivers
def test_email_test_without_smtp_leads_to_its_settings(desk: Client, acme: Partner) -> None:
    send(desk, acme, method="email", **{"email-recipients": "leads@example.com"})
    html = result(desk)
    assert "No SMTP server is set" in html
    assert reverse("admin:delivery_smtpaccount_changelist") in html


@delivers
def test_new_signing_secret_of_a_test_is_told(
    desk: Client, acme: Partner, http_server: HttpServer, loopback: None
) -> None:
    changes = {"webhook-url": http_server.url, "webhook-header_0_value": "k", "webhook-signing": "on"}
    assert "made for this test alone" in send(desk, acme, **changes).content.decode()
    html = result(desk)
    assert "v1,•••" in html
    assert (http_server.requests[0].header("webhook-signature") or "").startswith("v1,")


def test_test_waits_for_a_worker_in_words(
    desk: Client, acme: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(desk, acme)
    job = Job.objects.get()
    monkeypatch.setattr("delivery.pages.trials.PATIENCE", 0)
    html = desk.get(reverse("delivery:trial", args=[job.pk]), headers=PART).content.decode()
    assert "No worker is running. Start one" in html


def test_without_scripts_the_test_has_a_page(desk: Client, acme: Partner) -> None:
    answer = desk.post(reverse("delivery:test", args=[acme.pk]), form_of(desk, acme))
    job = Job.objects.get()
    assert answer.headers["Location"] == reverse("delivery:trial", args=[job.pk])
    html = desk.get(answer.headers["Location"]).content.decode()
    assert "Look again" in html
    assert "Acme" in html


def test_secrets_of_tests_are_forgotten(desk: Client, acme: Partner) -> None:
    send(desk, acme)
    row = DeliverySettings.objects.get(scope__startswith=trial.SCOPE)
    assert row.secrets() == {"headers": {"X-API-Key": HEADER}}
    assert forget_tests() == 0
    DeliverySettings.objects.filter(pk=row.pk).update(updated_at="2026-01-01T00:00:00Z")
    assert forget_tests() == 1
    assert DeliverySettings.objects.get(pk=row.pk).sealed is None
    assert Partner.objects.get(pk=acme.pk).default_settings.secrets()  # type: ignore[union-attr]


def test_real_job_is_no_test(desk: Client, acme: Partner, lead: Lead) -> None:
    assert acme.default_settings is not None
    job = Job.objects.create(
        lead=lead,
        partner=acme,
        settings=acme.default_settings,
        kind="webhook",
        next_attempt_at="2026-01-01T00:00:00Z",
    )
    assert desk.get(reverse("delivery:trial", args=[job.pk])).status_code == 404


def test_test_is_marked_wherever_it_shows_and_not_resent(desk: Client, acme: Partner, lead: Lead) -> None:
    assert acme.default_settings is not None
    job = trial.send_test(
        partner=acme, draft=Draft.of(acme.default_settings), lead_id=lead.pk, by=UserFactory.create()
    )
    Job.objects.update(status="failed", next_attempt_at=None, settled_at=job.created_at, attempts=1)
    assert "Test" in desk.get(reverse("delivery:log")).content.decode()
    page = desk.get(reverse("delivery:job", args=[job.pk])).content.decode()
    assert "This is a test." in page
    assert "1 of 1" in page
    assert "A test is sent once." in page
    assert (
        "Webhook · Test"
        in desk.get(reverse("admin:distribution_lead_change", args=[lead.pk])).content.decode()
    )
    assert "1 delivered" not in desk.get(reverse("admin:distribution_lead_changelist")).content.decode()
    with pytest.raises(services.Refused) as refused:
        services.resend(job_id=job.pk)
    assert refused.value.refusal == services.Refusal.TEST


# An assignment's section


@pytest.fixture
def assignment(acme: Partner, entity: Entity) -> Assignment:
    return AssignmentFactory.create(partner=acme, profile__entity=entity, settings=None)


def posted(desk: Client, assignment: Assignment, page: str, **changes: Any) -> Any:
    values = controls(desk.get(reverse("admin:distribution_assignment_change", args=[assignment.pk])))
    sent = {**values, **{f"delivery-{name}": value for name, value in changes.items()}}
    return desk.post(
        reverse(f"admin:distribution_assignment_{page}", args=[assignment.pk]), sent, headers=PART
    )


@delivers
def test_assignment_is_previewed_and_tested_as_typed(
    desk: Client, assignment: Assignment, http_server: HttpServer, loopback: None
) -> None:
    changes = {"scope": "alone", "webhook-url": http_server.url, "webhook-header_0_value": "k"}
    assert http_server.url in posted(desk, assignment, "preview", **changes).content.decode()
    posted(desk, assignment, "test", **changes)
    assert "took it" in result(desk)
    assignment.refresh_from_db()
    assert assignment.settings is None


def test_assignment_that_goes_back_tests_the_partners_own(desk: Client, assignment: Assignment) -> None:
    assignment.settings = DeliverySettingsFactory.create(
        partner=assignment.partner, kind="portal", scope=f"assignment:{assignment.pk}"
    )
    assignment.save()
    assert "in the portal" in posted(desk, assignment, "preview").content.decode()
    html = posted(desk, assignment, "preview", scope="own").content.decode()
    assert "https://crm.example.com/leads" in html
    posted(desk, assignment, "test", scope="own")
    assert Job.objects.get().kind == "webhook"


# Who may


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_others_than_admin_try_nothing(
    sign_in: Callable[[str], Client], acme: Partner, assignment: Assignment, role: str
) -> None:
    client = sign_in(role)
    pages = [reverse("delivery:preview"), reverse("delivery:letter"), reverse("delivery:smtp_test")]
    pages += [reverse(f"delivery:{name}", args=[acme.pk]) for name in ("preview_of", "letter_of", "test")]
    names = ("preview", "letter", "test")
    pages += [reverse(f"admin:distribution_assignment_{name}", args=[assignment.pk]) for name in names]
    assert {client.post(page, {}).status_code for page in pages} == {403}


@delivers
def test_response_is_shown_by_permission(
    desk: Client, acme: Partner, sign_in: Callable[[str], Client], http_server: HttpServer, loopback: None
) -> None:
    http_server.script(reply(200, b"their words"))
    send(desk, acme, **{"webhook-url": http_server.url, "webhook-header_0_value": "k"})
    assert "their words" in result(desk)
    page = reverse("delivery:trial", args=[Job.objects.get().pk])
    assert "their words" not in sign_in("viewer").get(page, headers=PART).content.decode()


# Cost


def test_no_query_more_for_each_entity(desk: Client, acme: Partner) -> None:
    page = reverse("admin:partners_partner_change", args=[acme.pk])

    def queries() -> int:
        desk.get(page)
        with CaptureQueriesContext(connection) as caught:
            desk.get(page)
        return len(caught)

    one = queries()
    for _more in range(5):
        make_fields(EntityFactory.create(), name="text")
    assert queries() == one
