"""The page of one job: sentence, attempts, the sealed exchange by role, the partner's answer."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from delivery.models import Attempt, Job
from leadflip.kit import crypto
from partners.models import AuditEntry, Revision
from partners.services import touch
from portal.models import Entry
from portal.reasons import Reason
from tests.factories import (
    AttemptBodyFactory,
    AttemptFactory,
    DeliverySettingsFactory,
    EntityFactory,
    EntryFactory,
    JobFactory,
    LeadFactory,
    UserFactory,
    make_fields,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SENT = '{"name": "Ada Byron", "iban": "DE89 3704"}'
ECHO = "got <script>alert('DE89 3704')</script>\x00 end"


def sign_in(client: Client, role: str) -> Client:
    user = UserFactory.create(staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def operator(client: Client) -> Client:
    return sign_in(client, "operator")


def address(job: Job, query: str = "") -> str:
    return f"/admin/delivery/log/{job.id}/{query}"


def page(client: Client, job: Job, query: str = "") -> str:
    response = client.get(address(job, query))
    assert response.status_code == 200
    return response.content.decode()


def opened(client: Client, job: Job, attempt: object = "") -> str:
    """The page once somebody asked for what was sent and answered."""
    response = client.post(address(job, "sent/"), {"attempt": str(attempt)})
    assert response.status_code == 200
    return response.content.decode()


def make_attempt(job: Job, number: int = 1, content: dict[str, Any] | None = None, **columns: Any) -> Attempt:
    attempt = AttemptFactory.create(job=job, number=number, **columns)
    if content is not None:
        AttemptBodyFactory.create(attempt=attempt, content=content)
    return attempt


def exchange(body: str = SENT, text: str = ECHO) -> dict[str, Any]:
    return {
        "request": {
            "method": "POST",
            "url": "https://crm.example.com/leads",
            "headers": ["content-type", "x-api-key", "webhook-signature"],
            "body": body,
        },
        "response": {"headers": {"content-type": "text/plain"}, "text": text},
    }


@pytest.fixture
def failed() -> Job:
    """Eight attempts at a webhook, the last one answered 500."""
    job = JobFactory.create(
        failed=True,
        attempts=8,
        created_at=NOON,
        settled_at=NOON + timedelta(hours=17, minutes=12),
        last_code=500,
        last_error_class="http_5xx",
        last_error="The server answered 500.",
        settings=DeliverySettingsFactory.create(host="crm.example"),
    )
    for number in range(1, 8):
        make_attempt(job, number, outcome="temporary", code=503, error_class="http_5xx")
    make_attempt(
        job,
        8,
        exchange(),
        outcome="temporary",
        code=500,
        ms=1234,
        error_class="http_5xx",
        error="The server answered 500.",
        address="192.0.2.7",
    )
    return job


def test_job_failed_says_so_in_one_sentence(operator: Client, failed: Job) -> None:
    html = page(operator, failed)
    assert "Failed after 8 attempts over 17 h 12 min; last answer 500 from crm.example." in html


def test_job_attempts_show_what_happened(operator: Client, failed: Job) -> None:
    html = page(operator, failed)
    for text in ("1.2 s", "Failed for now", "HTTP 5xx: The server answered 500.", "192.0.2.7", "503"):
        assert text in html


def test_job_last_attempt_is_opened_unless_another_is_named(operator: Client, failed: Job) -> None:
    first = failed.tries.get(number=1)
    AttemptBodyFactory.create(attempt=first, content=exchange(body="the first try"))
    assert "Attempt 8: sent and answered" in page(operator, failed)
    html = page(operator, failed, f"?attempt={first.id}")
    assert "Attempt 1: sent and answered" in html
    assert "the first try" not in html
    assert f'name="attempt" value="{first.id}"' in html
    assert "the first try" in opened(operator, failed, first.id)


@pytest.mark.parametrize("wanted", ["0", "nonsense", "9" * 30, ""])
def test_job_odd_attempt_in_the_address_opens_the_last(operator: Client, failed: Job, wanted: str) -> None:
    assert "Attempt 8: sent and answered" in page(operator, failed, f"?attempt={wanted}")


def test_job_attempt_of_another_job_is_not_opened(operator: Client, failed: Job) -> None:
    foreign = make_attempt(JobFactory.create(), 1, exchange(body="of another job"))
    assert "of another job" not in page(operator, failed, f"?attempt={foreign.id}")


@pytest.mark.parametrize("role", ["admin", "operator"])
def test_job_exchange_is_opened_by_who_may_and_noted(client: Client, failed: Job, role: str) -> None:
    assert "DE89" not in page(sign_in(client, role), failed)
    assert not AuditEntry.objects.exists()
    html = opened(client, failed)
    assert "&quot;iban&quot;: &quot;DE89 3704&quot;" in html
    assert "POST https://crm.example.com/leads" in html
    assert "content-type, x-api-key, webhook-signature" in html
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.model, entry.object_id) == ("looked", "delivery.job", str(failed.pk))
    assert entry.changes == [{"what": "Attempt 8: sent and answered"}]
    part = client.post(address(failed, "sent/"), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<section class="exchange"')


def test_job_exchange_as_curl_holds_no_secret(operator: Client, failed: Job) -> None:
    html = opened(operator, failed)
    curl = html.split('aria-label="curl">')[1].split("</pre>")[0]
    assert curl.startswith("curl --request POST https://crm.example.com/leads")
    assert "content-type: application/json" in curl
    assert "x-api-key: put its value here" in curl
    assert "webhook-signature" not in curl


def test_job_response_that_was_cut_says_so(operator: Client) -> None:
    job = JobFactory.create(retrying=True)
    make_attempt(job, 1, exchange(text="x" * 4096))
    assert "The first 4 KiB" in opened(operator, job)
    make_attempt(job, 2, exchange(text="x" * 4095))
    assert "The first 4 KiB" not in opened(operator, job)


def test_job_attempts_stand_on_a_time_line_with_gaps(operator: Client) -> None:
    job = JobFactory.create(retrying=True, created_at=NOON, attempts=2)
    make_attempt(job, 1, started_at=NOON, outcome="temporary")
    make_attempt(job, 2, started_at=NOON + timedelta(minutes=2, seconds=5), outcome="temporary")
    html = page(operator, job).split('id="attempts"')[1]
    assert html.count('class="gap"') == 1
    assert html.index("Attempt 1") < html.index("2 min 5 s later") < html.index("Attempt 2")


def test_job_names_its_profile_and_version(operator: Client) -> None:
    job = JobFactory.create(assignment__profile__name="Solar, everywhere", profile_version=3)
    html = page(operator, job)
    assert "Solar, everywhere" in html
    assert "version 3" in html


def test_job_exchange_is_closed_to_a_viewer(client: Client, failed: Job) -> None:
    html = page(sign_in(client, "viewer"), failed)
    assert client.post(address(failed, "sent/")).status_code == 403
    assert "not shown to your role" in html
    for text in ("DE89", "Ada Byron", "crm.example.com/leads", "x-api-key"):
        assert text not in html


def test_job_echo_cannot_act_on_the_page(operator: Client, failed: Job) -> None:
    html = opened(operator, failed)
    assert "got &lt;script&gt;alert(&#x27;DE89 3704&#x27;)&lt;/script&gt;␀ end" in html
    assert "\x00" not in html
    assert "<script>alert" not in html
    assert "hx-disable" in html


def test_job_exchange_that_no_key_opens_says_so(operator: Client, failed: Job, settings: Settings) -> None:
    body = failed.tries.get(number=8).body
    body.sealed = crypto.seal("attempt:of-another:1", exchange())
    body.save()
    html = opened(operator, failed)
    assert not AuditEntry.objects.exists()
    assert "None of the keys" in html
    assert "DE89" not in html


def test_job_exchange_without_bytes_says_so(operator: Client) -> None:
    job = JobFactory.create(retrying=True)
    make_attempt(job, outcome="temporary", error_class="dns")
    assert "Nothing was sent at this attempt." in page(operator, job)


def test_job_portal_has_nothing_to_open(operator: Client) -> None:
    job = JobFactory.create(delivered=True, settings=DeliverySettingsFactory.create(kind="portal"))
    make_attempt(job, 1, exchange(body="not a word of it"))
    html = page(operator, job)
    assert "the lead appears in the partner’s feed" in html
    assert "not a word of it" not in html


def test_job_email_shows_its_subject(operator: Client) -> None:
    job = JobFactory.create(delivered=True, settings=DeliverySettingsFactory.create(kind="email"))
    make_attempt(job, 1, {"request": {"subject": "A <new> lead", "body": "Name: Ada"}, "response": {}})
    html = opened(operator, job)
    assert "A &lt;new&gt; lead" in html
    assert "Name: Ada" in html


def test_job_late_attempt_is_marked(operator: Client) -> None:
    job = JobFactory.create(retrying=True)
    make_attempt(job, outcome="unknown", error_class="worker_lost")
    make_attempt(job, outcome="delivered", late=True)
    html = page(operator, job)
    assert html.count("Late: it ended after its time had run out") == 1
    assert "Unknown" in html


def test_job_waiting_shows_its_next_attempt(operator: Client) -> None:
    due = datetime.now(UTC) + timedelta(hours=2, seconds=5)
    html = page(operator, JobFactory.create(retrying=True, attempts=2, next_attempt_at=due))
    assert "Next attempt" in html
    assert "in 2 h" in html
    assert "None yet." in html


def test_job_facts(operator: Client) -> None:
    entity = EntityFactory.create(display_field="name")
    make_fields(entity, name="text")
    Revision.bump()
    lead = LeadFactory.create(entity=entity, values={"name": "Ada <b>Byron</b>"})
    job = JobFactory.create(lead=lead, assignment__partner__name="Acme Solar", delivered=True)
    html = page(operator, job)
    for text in ("Ada &lt;b&gt;Byron&lt;/b&gt;", "Acme Solar", "12.50", "EUR", str(job.id), "Delivered"):
        assert text in html
    assert f'href="/admin/distribution/lead/{lead.id}/change/"' in html
    assert f'href="/admin/partners/partner/{job.partner_id}/change/"' in html


def test_job_of_a_test_says_so(operator: Client) -> None:
    job = JobFactory.create(test=True)
    job.test = True
    job.save()
    assert '">Test</span>' in page(operator, job)


def test_job_email_shows_its_recipients(operator: Client) -> None:
    states = {
        "a@example.com": {"state": "accepted", "code": 250},
        "<b>@example.com": {"state": "refused", "code": 550},
    }
    job = JobFactory.create(
        delivered=True, settings=DeliverySettingsFactory.create(kind="email"), recipients=states
    )
    html = page(operator, job)
    assert re.search(r"a@example\.com</td>\s*<td>Accepted</td>", html)
    assert "&lt;b&gt;@example.com" in html
    assert "550" in html


def make_portal_job() -> Job:
    return JobFactory.create(delivered=True, settings=DeliverySettingsFactory.create(kind="portal"))


def test_job_portal_shows_the_partners_answer(operator: Client) -> None:
    job = make_portal_job()
    EntryFactory.create(
        id=job.id,
        partner=job.partner,
        review=Entry.Review.REJECTED,
        reason=Reason.WRONG_DETAILS,
        answered_at=NOON,
        answered_by=UserFactory.create(name="Owner"),
        note="wrong <i>number</i>",
    )
    html = page(operator, job)
    for text in (
        "The partner’s answer",
        "Rejected",
        "Owner",
        "Wrong or made-up",
        "wrong &lt;i&gt;number&lt;/i&gt;",
    ):
        assert text in html
    assert "badge-failed" in operator.get(reverse("delivery:log")).text


def test_job_portal_pending_and_other_channels(operator: Client) -> None:
    job = make_portal_job()
    EntryFactory.create(id=job.id, partner=job.partner)
    assert "Pending review" in page(operator, job)
    other = JobFactory.create()
    touch()
    assert "The partner’s answer" not in page(operator, other)


def test_job_unknown_is_404(operator: Client) -> None:
    assert operator.get(f"/admin/delivery/log/{uuid4()}/").status_code == 404


def test_job_stranger_is_sent_to_sign_in(client: Client, failed: Job) -> None:
    assert client.get(address(failed)).status_code == 302


def test_job_staff_without_role_is_refused(client: Client, failed: Job) -> None:
    client.force_login(UserFactory.create(staff=True))
    assert client.get(address(failed)).status_code == 403


def test_job_reads_only_and_is_not_stored(operator: Client, failed: Job) -> None:
    assert operator.post(address(failed)).status_code == 405
    assert "no-store" in operator.get(address(failed))["Cache-Control"]


@pytest.mark.parametrize("attempts", [1, 50])
def test_job_queries_do_not_grow(
    operator: Client, attempts: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    job = JobFactory.create(retrying=True, attempts=attempts)
    for number in range(1, attempts + 1):
        make_attempt(job, number, exchange())
    page(operator, job)
    with django_assert_max_num_queries(10):
        page(operator, job)
