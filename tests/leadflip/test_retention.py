"""What is old goes, kind by kind and as long as the settings say; the rows that tell of it stay."""

from datetime import timedelta
from typing import Any

import pytest

from delivery import retention as delivery
from delivery.models import Attempt, AttemptBody, Job
from delivery.tasks import forget_old
from distribution.erasing import retention
from distribution.models import Lead
from distribution.tasks import forget_old_leads
from leadflip.kit import clock, retire
from tests import factories as f

pytestmark = pytest.mark.django_db

OLD, YOUNG = timedelta(days=40), timedelta(days=20)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Batches of two, and thirty days for everything."""
    monkeypatch.setattr(retire, "BATCH", 2)
    settings.BODY_DAYS = settings.ATTEMPT_DAYS = settings.LEAD_DAYS = settings.BOUNCE_DAYS = 30


def tried(age: timedelta, **job: Any) -> Attempt:
    lead = f.LeadFactory.create(values={"name": "Ana"}, created_at=clock.now() - age)
    attempt = f.AttemptFactory.create(job=f.JobFactory.create(lead=lead, **job))
    Attempt.objects.filter(pk=attempt.pk).update(started_at=clock.now() - age)
    AttemptBody.objects.create(attempt=attempt, sealed=b"sealed")
    return attempt


def test_bodies_go_before_their_attempts_and_leads(settings: Any) -> None:
    old, young = [tried(OLD, delivered=True) for _ in range(5)], tried(YOUNG, delivered=True)
    settings.ATTEMPT_DAYS = settings.LEAD_DAYS = 0
    assert forget_old() == 5
    assert forget_old_leads() == 0
    assert list(AttemptBody.objects.values_list("attempt", flat=True)) == [young.pk]
    assert Attempt.objects.count() == len(old) + 1


def test_attempts_of_jobs_that_have_not_ended_stay() -> None:
    waiting = [tried(OLD) for _ in range(3)]
    ended = [tried(OLD, delivered=True) for _ in range(3)]
    assert delivery.attempts() == len(ended)
    assert set(Attempt.objects.values_list("pk", flat=True)) == {each.pk for each in waiting}
    assert Job.objects.count() == 6


def test_leads_are_emptied_and_their_jobs_stay() -> None:
    for age in (OLD, OLD, OLD, YOUNG):
        tried(age, delivered=True)
    busy = tried(OLD, sending=True).job
    assert retention.leads() == 3
    kept = set(Lead.objects.filter(erased_at=None).values_list("jobs", flat=True))
    assert busy.pk in kept
    assert len(kept) == 2
    assert Job.objects.filter(erased=True).count() == 3
    assert not AttemptBody.objects.filter(attempt__job__erased=True).exists()
    assert retention.leads() == 0


@pytest.mark.parametrize("days", [0, 50])
def test_what_is_not_old_enough_or_kept_for_ever_stays(settings: Any, days: int) -> None:
    settings.BODY_DAYS = settings.ATTEMPT_DAYS = settings.LEAD_DAYS = days
    tried(OLD, delivered=True)
    assert (forget_old(), forget_old_leads()) == (0, 0)
    assert AttemptBody.objects.exists()


def test_a_run_ends_when_its_time_is_over() -> None:
    for _ in range(3):
        tried(OLD, delivered=True)
    assert retire.retire(AttemptBody.objects.all(), "attempt__started_at", 30, seconds=0) == 0
