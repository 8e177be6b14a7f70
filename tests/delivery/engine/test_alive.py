"""Signs of life, and who may judge whom by them."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
import time_machine
from django.utils import timezone

from delivery.engine import alive
from delivery.engine.alive import Alive
from delivery.engine.lease import sweep
from delivery.engine.link import Link
from delivery.models import Engine, Job
from tests.delivery.engine.parts import Scripted, beside, deliver, due_job, engine

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")


def on_link(work: Callable[[Link], Awaitable[T]]) -> T:
    async def run() -> T:
        link = Link("test")
        try:
            return await work(link)
        finally:
            await link.close()

    return asyncio.run(run())


def seen(seconds_ago: float) -> Engine:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    return Engine.objects.create(id=uuid4(), host="crm", pid=1, started_at=at, seen_at=at)


def held_by(one: UUID) -> Job:
    lease = timezone.now() + timedelta(minutes=1)
    return due_job(
        status="sending",
        attempts=1,
        engine=one,
        next_attempt_at=None,
        claim_token=uuid4(),
        lease_until=lease,
    )


def test_running_engine_has_a_row_that_goes_with_it() -> None:
    channel = Scripted()

    async def run() -> list[Engine]:
        async with engine(channel) as one:
            running = asyncio.create_task(one.run())
            for _ in range(500):
                if rows := await beside(lambda: list(Engine.objects.all())):
                    break
                await asyncio.sleep(0.01)
            one.stop()
            await running
        return rows  # type: ignore[no-any-return]  # what the test's thread gave back

    (row,) = asyncio.run(run())
    assert (row.pid, row.in_flight) == (os.getpid(), 0)
    assert not Engine.objects.exists()


def test_claimed_job_names_its_engine() -> None:
    job = due_job()

    async def run() -> UUID:
        async with engine(Scripted()) as one:
            await one.run_once()
            return one.id

    ran = asyncio.run(run())
    job.refresh_from_db()
    assert job.engine == ran


def test_each_sign_moves_the_time_and_the_count() -> None:
    one, open_calls = uuid4(), [3, 5]

    async def work(link: Link) -> None:
        pulse = Alive(link, one, lambda: open_calls.pop(0))
        await pulse.beat()
        await beside(lambda: Engine.objects.update(seen_at=timezone.now() - timedelta(hours=1)))
        await pulse.beat()

    on_link(work)
    row = Engine.objects.get(id=one)
    assert row.in_flight == 5
    assert timezone.now() - row.seen_at < timedelta(minutes=1)


def test_clock_ten_minutes_off_is_warned_of_once_and_moves_no_due_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    later = due_job(next_attempt_at=timezone.now() + timedelta(minutes=5))
    now = due_job()
    channel, one = Scripted(), uuid4()

    async def beats(link: Link) -> None:
        pulse = Alive(link, one, lambda: 0)
        await pulse.beat()
        await pulse.beat()

    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        on_link(beats)
        deliver(channel)
    assert channel.ids == [now.pk]
    later.refresh_from_db()
    assert later.status == "queued"
    assert -601 < Engine.objects.get(id=one).clock_off < -590
    assert caplog.text.count("600 s ahead of the database's") == 1


def test_rows_of_engines_gone_for_a_day_are_removed() -> None:
    gone, dead = seen(86_500), seen(86_000)
    on_link(lambda link: Alive(link, uuid4(), lambda: 0).beat())
    left = set(Engine.objects.values_list("id", flat=True))
    assert gone.pk not in left
    assert dead.pk in left
    assert len(left) == 2


def test_rows_of_a_dead_engine_are_taken_before_their_lease() -> None:
    job = held_by(seen(11).pk)
    assert on_link(lambda link: sweep(link)) == 0
    assert on_link(lambda link: sweep(link, early=True)) == 1
    job.refresh_from_db()
    assert (job.status, job.had_unknown, job.last_error_class) == ("retrying", True, "worker_lost")


@pytest.mark.parametrize("alive_row", [True, False])
def test_rows_of_a_living_or_departed_engine_keep_their_lease(alive_row: bool) -> None:
    job = held_by(seen(8).pk if alive_row else uuid4())
    assert on_link(lambda link: sweep(link, early=True)) == 0
    job.refresh_from_db()
    assert job.status == "sending"


def test_engine_judges_others_only_after_its_own_signs_came_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "UNSEEN", 0.2)
    monkeypatch.setattr(alive, "LATE", 0.15)

    async def work(link: Link) -> list[bool]:
        pulse = Alive(link, uuid4(), lambda: 0)
        said = [pulse.may_judge()]
        for pause in (0, 0.1, 0.12, 0.3):
            await asyncio.sleep(pause)
            await pulse.beat()
            said.append(pulse.may_judge())
        return said

    # Not yet; not yet; not yet; long enough; and after a pause of its own, again not yet.
    assert on_link(work) == [False, False, False, True, False]
