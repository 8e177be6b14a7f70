"""What operators do with a job from its page, and what it says where nothing can be done."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from delivery.models import Job, Lane
from delivery.pages.actions import DO, DONE
from leadflip.kit import show
from tests.factories import DeliverySettingsFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    return enter(client, "operator")


def enter(client: Client, role: str) -> Client:
    user = UserFactory.create(staff=True, name="Olga Operator")
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


def address(job: Job, action: str = "") -> str:
    return f"/admin/delivery/log/{job.id}/{action}{'/' if action else ''}"


def page(client: Client, job: Job) -> str:
    return client.get(address(job)).content.decode()


def act(client: Client, job: Job, action: str) -> str:
    """Presses the button; the page that follows."""
    response = client.post(address(job, action), follow=True)
    assert response.redirect_chain == [(address(job), 302)]
    job.refresh_from_db()
    return response.content.decode()


def later() -> Any:
    return timezone.now() + timedelta(hours=1)


def offered(html: str) -> set[str]:
    return {action for action in DO if f"/{action}/" in html}


@pytest.mark.parametrize(
    ("columns", "actions", "words"),
    [
        ({"next_attempt_at": timezone.now() - timedelta(minutes=1)}, {"cancel"}, "It is due"),
        ({"retrying": True, "next_attempt_at": later()}, {"try-now", "cancel"}, "Next attempt"),
        (
            {"retrying": True, "next_attempt_at": later(), "had_unknown": True},
            {"try-now", "cancel"},
            "same id",
        ),
        ({"sending": True}, set(), "It is being sent at this moment."),
        (
            {"delivered": True},
            {"resend-delivered"},
            "It is sent again with the same webhook-id",
        ),
        ({"failed": True}, {"resend"}, ""),
        ({"failed": True, "had_unknown": True}, {"resend", "not-received"}, "An attempt had no answer"),
        ({"cancelled": True}, {"resend"}, ""),
        ({"failed": True, "assignment__partner__active": False}, set(), "The partner is inactive."),
    ],
)
def test_job_offers_what_can_be_done_and_says_why_not(
    operator: Client, columns: dict[str, Any], actions: set[str], words: str
) -> None:
    html = page(operator, JobFactory.create(**columns))
    assert offered(html) == actions
    assert words in html


def test_every_action_says_that_it_is_done() -> None:
    assert set(DO) == set(DONE)


def test_job_viewer_is_told_who_acts(client: Client) -> None:
    job = JobFactory.create(failed=True)
    html = page(enter(client, "viewer"), job)
    assert offered(html) == set()
    assert "operators and admins" in html
    assert client.post(address(job, "resend")).status_code == 403


def test_try_now_makes_a_waiting_job_due(operator: Client) -> None:
    job = JobFactory.create(retrying=True, next_attempt_at=later())
    assert "It is due now" in act(operator, job, "try-now")
    assert job.next_attempt_at is not None
    assert job.next_attempt_at <= timezone.now()


def test_resend_queues_an_ended_job_with_a_fresh_budget(operator: Client) -> None:
    job = JobFactory.create(failed=True, attempts=8)
    assert "with a fresh budget and the same id" in act(operator, job, "resend")
    assert (job.status, job.budget_from) == ("queued", 8)


def test_resend_of_a_job_delivered_meanwhile_is_refused(operator: Client) -> None:
    job = JobFactory.create(delivered=True)
    assert "The partner has it." in act(operator, job, "resend")
    assert job.status == "delivered"
    act(operator, job, "resend-delivered")
    assert job.status == "queued"


def test_cancel_names_who_did_it(operator: Client) -> None:
    job = JobFactory.create(retrying=True, next_attempt_at=later())
    html = act(operator, job, "cancel")
    assert job.status == "cancelled"
    assert "Cancelled: Ended by Olga Operator." in html


def test_not_received_frees_a_job_in_doubt(operator: Client) -> None:
    job = JobFactory.create(failed=True, had_unknown=True)
    assert "Noted" in act(operator, job, "not-received")
    assert not job.had_unknown
    assert "nothing is kept back" in act(operator, job, "not-received")


def test_action_pressed_twice_is_harmless(operator: Client) -> None:
    job = JobFactory.create(failed=True)
    act(operator, job, "resend")
    assert "It waits for its next attempt already." in act(operator, job, "resend")


def test_action_that_does_not_exist_or_is_only_read(operator: Client) -> None:
    job = JobFactory.create(failed=True)
    assert operator.post(address(job, "delete")).status_code == 404
    assert operator.get(address(job, "resend")).status_code == 405
    assert operator.post(f"/admin/delivery/log/{uuid4()}/resend/").status_code == 404


def test_job_of_a_slowed_destination_says_until_when(operator: Client) -> None:
    until = timezone.now() + timedelta(minutes=3)
    webhook = JobFactory.create(retrying=True, next_attempt_at=later())
    Lane.objects.create(settings=webhook.settings, state="open", open_until=until)
    html = page(operator, webhook)
    for words in ("left alone until", "Waits until its destination is tried again.", "would not help"):
        assert words in html
    assert offered(html) == {"cancel"}
    letter = JobFactory.create(settings=DeliverySettingsFactory.create(kind="email"), kind="email")
    assert "left alone until" not in page(operator, letter)


def test_job_of_a_paused_destination_says_who_paused_it(operator: Client) -> None:
    job = JobFactory.create(retrying=True, next_attempt_at=later())
    at, ana = timezone.now(), UserFactory.create(name="Ana Petrova")
    Lane.objects.create(
        settings=job.settings, state="open", open_until=at, failing_since=at, paused_at=at, paused_by=ana
    )
    html = page(operator, job)
    assert f"Waits: its destination is paused by Ana Petrova since {show.full_time(at)}" in html
    assert "the destination is paused. Resume it" in html
    assert "left alone until" not in html
    assert offered(html) == {"cancel"}


def test_job_now_answers_only_what_changed(operator: Client) -> None:
    job = JobFactory.create(retrying=True, next_attempt_at=later())
    html = page(operator, job)
    seen = html.split("seen=")[1].split('"')[0]
    unchanged = operator.get(address(job, "now"), {"seen": seen}).content.decode()
    assert 'id="job-poll"' in unchanged
    assert 'id="job"' not in unchanged
    assert "load delay:15s" in unchanged
    Job.objects.filter(id=job.id).update(
        status="delivered", next_attempt_at=None, settled_at=timezone.now(), attempts=2
    )
    changed = operator.get(address(job, "now"), {"seen": seen}).content.decode()
    assert 'id="job" hx-disable hx-swap-oob="true"' in changed
    assert "Delivered after 2 attempts" in changed
    # It has ended: nothing asks again.
    assert "hx-get" not in changed


def test_job_that_has_ended_asks_nothing(operator: Client) -> None:
    html = page(operator, JobFactory.create(delivered=True))
    assert "hx-get" not in html
    assert "htmx" not in html.replace("hx-disable", "")


def test_job_now_is_for_readers_of_jobs(client: Client) -> None:
    job = JobFactory.create()
    assert client.get(address(job, "now")).status_code == 302
    client.force_login(UserFactory.create(staff=True))
    assert client.get(address(job, "now")).status_code == 403
