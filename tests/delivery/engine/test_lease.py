"""Claims that nobody settles, and engines that settle too late."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import uuid4

import pytest
from django.utils import timezone

from delivery.channels.base import Configuration
from delivery.engine.claim import Claimed, Room, claim
from delivery.engine.lease import hand_back, sweep
from delivery.engine.link import Link
from delivery.engine.prepare import Preparer
from delivery.engine.settle import Result, settle
from delivery.models import Attempt, AttemptBody, Job
from distribution.models import Lead
from tests.delivery.engine.parts import due_job
from tests.factories import DeliverySettingsFactory, PartnerFactory, RetryPolicyFactory

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
ALL = Room(free=200, email=2)
LATER = timedelta(seconds=61)


def on_link(work: Callable[[Link], Awaitable[T]]) -> T:
    async def run() -> T:
        link = Link("test")
        try:
            return await work(link)
        finally:
            await link.close()

    return asyncio.run(run())


def claim_all() -> list[Claimed]:
    return on_link(lambda link: claim(link, ALL, 0))


def result(row: Claimed, **fields: object) -> Result:
    given = {"status": "delivered", "outcome": "delivered", "started_at": timezone.now(), **fields}
    return Result(id=row.id, token=row.token, number=row.attempt, **given)  # type: ignore[arg-type]  # a test's own mix


def settle_all(*results: Result) -> set[object]:
    async def work(link: Link) -> set[object]:
        return set(await settle(link.fetch, results))

    return on_link(work)


def test_claim_writes_a_fresh_token_and_a_lease() -> None:
    job = due_job()
    (row,) = claim_all()
    job.refresh_from_db()
    assert (job.status, str(job.claim_token), job.attempts) == ("sending", row.token, 1)
    assert job.lease_until is not None
    assert timedelta(seconds=50) < job.lease_until - timezone.now() <= timedelta(seconds=60)
    assert claim_all() == []


def test_email_has_a_longer_lease_and_only_the_free_places() -> None:
    lane = DeliverySettingsFactory.create(kind="email")
    for _ in range(4):
        due_job(lane)
    rows = claim_all()
    assert len(rows) == 2
    lease = Job.objects.get(id=rows[0].id).lease_until
    assert lease is not None
    assert lease - timezone.now() > timedelta(seconds=170)


def test_expired_claim_becomes_an_unknown_attempt_with_the_next_wait() -> None:
    job = due_job()
    claim_all()
    assert on_link(sweep) == 0
    later = timezone.now() + LATER
    assert on_link(lambda link: sweep(link, later)) == 1
    job.refresh_from_db()
    attempt = job.tries.get()
    assert (attempt.number, attempt.outcome, attempt.error_class) == (1, "unknown", "worker_lost")
    assert (job.status, job.had_unknown, job.claim_token) == ("retrying", True, None)
    assert job.next_attempt_at is not None
    assert timedelta(seconds=4) <= job.next_attempt_at - later <= timedelta(seconds=6)


def test_payload_that_kills_its_worker_ends_by_its_budget() -> None:
    job = due_job(policy=RetryPolicyFactory.create(waits=[1]))
    moment = timezone.now()
    for _ in range(2):
        assert len(on_link(partial(claim, room=ALL, after=0, now=moment))) == 1
        moment += LATER
        assert on_link(partial(sweep, now=moment)) == 1
        moment += LATER
    job.refresh_from_db()
    assert (job.status, job.attempts, job.last_outcome) == ("failed", 2, "unknown")
    assert on_link(lambda link: claim(link, ALL, 0, moment)) == []


def test_worker_that_wakes_after_its_lease_logs_late_and_changes_nothing() -> None:
    job = due_job()
    (first,) = claim_all()
    later = timezone.now() + LATER
    on_link(lambda link: sweep(link, later))
    (second,) = on_link(lambda link: claim(link, ALL, 0, later + LATER))
    assert settle_all(result(second)) == {job.id}
    assert settle_all(result(first, status="failed", outcome="permanent", error="too late")) == set()
    job.refresh_from_db()
    assert (job.status, job.last_outcome) == ("delivered", "delivered")
    assert list(job.tries.order_by("id").values_list("number", "late", "outcome")) == [
        (1, False, "unknown"),
        (2, False, "delivered"),
        (1, True, "permanent"),
    ]


def test_worker_that_wakes_after_its_lead_was_erased_leaves_no_body() -> None:
    job = due_job()
    (row,) = claim_all()
    later = timezone.now() + LATER
    on_link(lambda link: sweep(link, later))
    Job.objects.filter(pk=job.pk).update(erased=True)
    settle_all(result(row, sealed=b"what was sent"))
    assert list(job.tries.order_by("id").values_list("late", flat=True)) == [False, True]
    assert not AttemptBody.objects.exists()


def test_lead_that_was_erased_makes_no_parcel() -> None:
    job = due_job()
    Lead.objects.filter(pk=job.lead_id).update(values={}, erased_at=timezone.now())
    (make,) = Preparer().read(claim_all())
    with pytest.raises(Configuration) as refused:
        make()
    assert refused.value.error_class == "erased"


def test_settling_again_after_a_doubtful_commit_logs_nothing_twice() -> None:
    due_job()
    (row,) = claim_all()
    once = result(row, sealed=b"sealed")
    assert settle_all(once) == {row.id}
    assert settle_all(once) == set()
    assert Attempt.objects.count() == 1
    assert AttemptBody.objects.count() == 1


def test_settling_many_writes_each_its_own() -> None:
    lane = DeliverySettingsFactory.create(partner=PartnerFactory.create(in_flight=64))
    for _ in range(4):
        due_job(lane)
    rows = claim_all()
    results = [result(row, code=200 + place) for place, row in enumerate(rows)]
    results[0] = result(rows[0], status="retrying", outcome="temporary", wait=5.0, recipients={"a": 1})
    assert settle_all(*results) == {row.id for row in rows}
    assert Job.objects.filter(status="delivered").count() == 3
    waiting = Job.objects.get(status="retrying")
    assert waiting.recipients == {"a": 1}
    assert waiting.settled_at is None


def test_foreign_token_settles_nothing() -> None:
    job = due_job()
    (row,) = claim_all()
    other = Result(
        id=row.id,
        token=str(uuid4()),
        number=1,
        status="delivered",
        outcome="delivered",
        started_at=timezone.now(),
    )
    assert settle_all(other) == set()
    job.refresh_from_db()
    assert job.status == "sending"


@pytest.mark.parametrize(("attempts", "status"), [(0, "queued"), (2, "retrying")])
def test_hand_back_restores_the_row_uncharged(attempts: int, status: str) -> None:
    job = due_job(status=status, attempts=attempts)
    rows = claim_all()
    on_link(lambda link: hand_back(link, rows))
    job.refresh_from_db()
    assert (job.status, job.attempts, job.claim_token) == (status, attempts, None)
    assert len(claim_all()) == 1


def test_claim_begins_behind_the_lane_served_last() -> None:
    lanes = [DeliverySettingsFactory.create() for _ in range(3)]
    jobs = {lane.pk: due_job(lane).id for lane in lanes}
    one = Room(free=1, email=2)
    first, second, third = sorted(jobs)
    (row,) = on_link(lambda link: claim(link, one, first))
    assert row.id == jobs[second]
    (row,) = on_link(lambda link: claim(link, one, second))
    assert row.id == jobs[third]
    (row,) = on_link(lambda link: claim(link, one, third))
    assert row.id == jobs[first]


def test_two_engines_never_claim_the_same_row() -> None:
    for _ in range(20):
        due_job()

    async def both() -> list[Claimed]:
        links = [Link("one"), Link("two")]
        half = Room(free=10, email=2)
        found = await asyncio.gather(*(claim(link, half, 0) for link in links))
        for link in links:
            await link.close()
        return [row for rows in found for row in rows]

    rows = asyncio.run(both())
    assert len({row.id for row in rows}) == len(rows)
