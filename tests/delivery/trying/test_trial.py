"""Send test lead: the real way with what was typed, marked as a test, once, and explained."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from delivery import services, trial
from delivery.models import Job, Lane
from delivery.refusal import Refusal, Refused
from delivery.tasks import forget_tests, run_job
from distribution.models import Assignment, Lead
from partners.draft import Draft
from partners.models import DeliverySettings, Partner
from portal.models import Entry
from tests.delivery.trying.forms import (
    HEADER,
    PART,
    SEALED,
    chosen,
    delivers,
    form_of,
    posted,
    result,
    rows,
    send,
)
from tests.distribution.capped import routed, save, use
from tests.factories import DeliverySettingsFactory, SmtpAccountFactory, UserFactory
from tests.servers.behaviours import echo, reply
from tests.servers.http import HttpServer
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.django_db


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
def test_test_is_what_a_real_one_is_but_for_its_mark_and_counts_nowhere(
    desk: Client, acme: Partner, assignment: Assignment, http_server: HttpServer, loopback: None
) -> None:
    typed = {"webhook-url": http_server.url, "webhook-header_0_value": HEADER}
    config = {"url": http_server.url, "method": "POST", "format": "json", "headers": ["X-API-Key"]}
    DeliverySettings.objects.filter(partner=acme).update(config={**config, "signing": False})
    Partner.objects.filter(pk=acme.pk).update(cap_life=1)
    save(assignment.profile)
    (lead,) = routed(assignment.profile.entity, name="Ana")
    assert run_job(str(Job.objects.get().pk)) == "delivered"
    used = use(acme)
    assert used[3] == 1, "the cap is full now"
    send(desk, acme, **typed, lead=chosen(lead))
    assert run_job(str(Job.objects.get(test=True).pk)) == "delivered"
    real, test = http_server.requests
    assert test.json() == real.json()
    differing = {name.lower() for name, _value in set(test.headers) ^ set(real.headers)}
    assert differing == {"webhook-id", "webhook-test"}
    assert use(acme) == used


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
    assert '">Test</span>' in page
    assert "1 of 1" in page
    assert "A test is sent once." in page
    assert (
        "Webhook · Test"
        in desk.get(reverse("admin:distribution_lead_change", args=[lead.pk])).content.decode()
    )
    assert "1 delivered" not in desk.get(reverse("admin:distribution_lead_changelist")).content.decode()
    with pytest.raises(Refused) as refused:
        services.resend(job_id=job.pk)
    assert refused.value.refusal == Refusal.TEST


# An assignment's section


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
