"""What an operator may do with one job, and what is refused with which reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from delivery.engine import news
from delivery.models import Job
from delivery.refusal import Refusal, Refused
from delivery.services import cancel, not_received, resend, try_now
from partners.models import User
from tests.delivery.engine.parts import Scripted, deliver, due_job

pytestmark = pytest.mark.django_db(transaction=True)

WAITING, ENDED = ["queued", "retrying"], ["delivered", "failed", "cancelled"]


def job_in(status: str, **fields: Any) -> Job:
    now = timezone.now()
    if status in WAITING:
        fields.setdefault("next_attempt_at", now + timedelta(hours=1))
    else:
        fields["next_attempt_at"] = None
    if status == "sending":
        fields |= {"claim_token": uuid4(), "lease_until": now + timedelta(minutes=1)}
    if status in ENDED:
        fields |= {"settled_at": now}
    return due_job(status=status, **fields)


def refusal(act: Callable[[], None]) -> Refusal:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal


@pytest.mark.parametrize("status", WAITING)
def test_try_now_sends_within_the_budget_under_the_same_id(status: str) -> None:
    job = job_in(status, attempts=2)
    channel = Scripted()
    assert deliver(channel) == 0
    try_now(job_id=job.pk)
    assert deliver(channel) == 1
    job.refresh_from_db()
    assert (channel.ids, job.attempts, job.budget_from, job.status) == ([job.pk], 3, 0, "delivered")


@pytest.mark.parametrize(("status", "why"), [("sending", "sending"), *((one, "settled") for one in ENDED)])
def test_try_now_and_cancel_refuse_what_does_not_wait(status: str, why: str) -> None:
    job = job_in(status)
    assert refusal(lambda: try_now(job_id=job.pk)) == why
    assert refusal(lambda: cancel(job_id=job.pk, reason="No longer wanted.")) == why
    job.refresh_from_db()
    assert (job.status, job.reason) == (status, "")


@pytest.mark.parametrize("status", WAITING)
def test_cancelled_job_is_not_sent_and_is_told(status: str) -> None:
    job = job_in(status, next_attempt_at=timezone.now() - timedelta(minutes=1))
    cancel(job_id=job.pk, reason="No longer wanted.")
    assert deliver(Scripted()) == 0
    job.refresh_from_db()
    assert (job.status, job.reason, job.told) == ("cancelled", "No longer wanted.", False)
    assert job.settled_at is not None
    assert news.tell().told == 1


@pytest.mark.parametrize(("status", "again"), [("failed", False), ("cancelled", False), ("delivered", True)])
def test_resend_has_a_fresh_budget_under_the_same_id(status: str, again: bool) -> None:
    before = timezone.now() - timedelta(days=1)
    job = job_in(
        status, attempts=8, told=True, budget_due=before, reason="Refused.", recipients={"a@example.com": {}}
    )
    resend(job_id=job.pk, again=again)
    job.refresh_from_db()
    assert (job.status, job.budget_from, job.recipients, job.told) == ("queued", 8, None, False)
    assert (job.settled_at, job.reason) == (None, "")
    assert job.budget_due > before
    channel = Scripted()
    deliver(channel)
    job.refresh_from_db()
    assert (channel.ids, job.status, job.attempts) == ([job.pk], "delivered", 9)


@pytest.mark.parametrize(("status", "why"), [("sending", "sending"), *((one, "waiting") for one in WAITING)])
def test_resend_is_refused_while_sending_or_waiting(status: str, why: str) -> None:
    job = job_in(status)
    assert refusal(lambda: resend(job_id=job.pk, again=True)) == why
    assert Job.objects.get().status == status


def test_resend_of_a_delivered_job_asks_first() -> None:
    job = job_in("delivered")
    assert refusal(lambda: resend(job_id=job.pk)) == Refusal.DELIVERED
    assert Job.objects.get().status == "delivered"


@pytest.mark.parametrize("status", ENDED)
def test_resend_to_an_inactive_partner_is_refused(status: str) -> None:
    job = job_in(status)
    job.partner.active = False
    job.partner.save()
    assert refusal(lambda: resend(job_id=job.pk, again=True)) == Refusal.INACTIVE


def test_not_received_lets_the_end_be_told(admin: User) -> None:
    job = job_in("failed", had_unknown=True, told=True)
    not_received(job_id=job.pk, by=admin)
    job.refresh_from_db()
    assert (job.status, job.had_unknown, job.told) == ("failed", False, False)
    assert refusal(lambda: not_received(job_id=job.pk, by=admin)) == Refusal.NOT_IN_DOUBT


@pytest.mark.parametrize("status", [*WAITING, "sending", "delivered", "cancelled"])
def test_not_received_is_for_failed_jobs_alone(status: str, admin: User) -> None:
    job = job_in(status, had_unknown=True)
    assert refusal(lambda: not_received(job_id=job.pk, by=admin)) == Refusal.NOT_IN_DOUBT
    assert Job.objects.get().had_unknown is True


def test_refusal_says_in_words_what_to_do() -> None:
    job = job_in("delivered")
    with pytest.raises(Refused, match=f"Job {job.pk}: It has ended. “Resend” begins again."):
        try_now(job_id=job.pk)


def test_unknown_job_is_not_found() -> None:
    with pytest.raises(Job.DoesNotExist):
        try_now(job_id=uuid4())
