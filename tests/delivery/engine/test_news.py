"""The end of jobs that did not deliver is told exactly once, whatever dies or raises."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from delivery.channels.base import Parcel, Permanent, Receipt
from delivery.engine import news
from delivery.models import Job
from delivery.signals import Settled, job_settled
from distribution.models import Lead
from tests.architecture.project import ROOT
from tests.delivery.engine.parts import Clock, Scripted, deliver, due_job, engine
from tests.factories import DeliverySettingsFactory
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

Heard = Callable[[list[Settled]], None]


@contextmanager
def receiver(hear: Heard) -> Iterator[None]:
    """Lets `hear` have each signal's jobs."""

    def receive(jobs: list[Settled], **_: Any) -> None:
        hear(jobs)

    job_settled.connect(receive, weak=False)
    try:
        yield
    finally:
        job_settled.disconnect(receive)


@pytest.fixture
def told() -> Iterator[list[Settled]]:
    """All that was told so far."""
    heard: list[Settled] = []
    with receiver(heard.extend):
        yield heard


def ended(status: str = "failed", **fields: Any) -> Job:
    lane = fields.pop("settings", None)
    return due_job(lane, status=status, next_attempt_at=None, settled_at=timezone.now(), **fields)


def refuse(_: Parcel[Any]) -> Any:
    raise Permanent("smtp_5xx", "Refused: 550.")


def test_failed_job_is_told_once_with_its_facts(told: list[Settled]) -> None:
    job = ended(last_outcome="permanent")
    assert news.tell().told == 1
    assert news.tell().told == 0
    assert told == [Settled(job.pk, job.lead_id, None, job.partner_id, "failed", "permanent", False)]


def test_running_engine_tells_what_fails_in_it(told: list[Settled]) -> None:
    job, heard = due_job(), threading.Event()

    async def script(parcel: Parcel[Any]) -> Receipt:
        refuse(parcel)
        return Receipt()

    async def run() -> None:
        async with engine(Scripted(script)) as one:
            running = asyncio.create_task(one.run())
            assert await asyncio.to_thread(heard.wait, 10)
            one.stop()
            await running

    with receiver(lambda _: heard.set()):
        asyncio.run(run())
    job.refresh_from_db()
    assert (job.status, job.told) == ("failed", True)
    assert [settled.job for settled in told] == [job.pk]


def test_delivered_job_counts_as_told_and_is_no_news(told: list[Settled]) -> None:
    job = due_job()
    deliver(Scripted())
    assert news.tell().told == 0
    job.refresh_from_db()
    assert (job.status, job.told, told) == ("delivered", True, [])


def test_job_of_an_inactive_partner_is_told_as_cancelled(told: list[Settled]) -> None:
    job = due_job()
    job.partner.active = False
    job.partner.save()

    async def run() -> None:
        async with engine(Scripted(), Clock(timezone.now())) as one:
            await one.sweep()

    asyncio.run(run())
    news.tell()
    assert [(settled.job, settled.status) for settled in told] == [(job.pk, "cancelled")]


@pytest.mark.parametrize(("status", "signals"), [("failed", 0), ("cancelled", 1)])
def test_job_that_may_have_been_received_keeps_its_place(
    status: str, signals: int, told: list[Settled]
) -> None:
    job = ended(status, had_unknown=True)
    assert news.tell().told == 1
    job.refresh_from_db()
    assert (job.told, len(told)) == (True, signals)


def test_jobs_are_told_in_the_order_of_their_ids(told: list[Settled]) -> None:
    jobs = [ended() for _ in range(5)]
    Job.objects.filter(id=jobs[0].pk).update(settled_at=timezone.now() + timedelta(hours=1))
    news.tell()
    assert [settled.job for settled in told] == sorted(job.pk for job in jobs)


def test_receiver_that_raises_undoes_its_own_job_alone(
    told: list[Settled], caplog: pytest.LogCaptureFixture
) -> None:
    jobs = [ended() for _ in range(3)]
    bad = jobs[1]

    def hear(settled: list[Settled]) -> None:
        for one in settled:
            Lead.objects.filter(id=one.lead).update(note="told")
            if one.job == bad.pk:
                raise ZeroDivisionError("with lead value secret@example.com")

    with receiver(hear):
        assert news.tell().told == 2
    assert set(Job.objects.filter(told=False)) == {bad}
    assert set(Lead.objects.exclude(note="told")) == {bad.lead}
    assert str(bad.pk) in caplog.text
    assert "secret@example.com" not in caplog.text
    assert news.tell().told == 1
    assert [settled.job for settled in told].count(bad.pk) == 3
    assert news.tell().told == 0


def test_jobs_that_cannot_be_told_stand_in_nobodys_way(
    told: list[Settled], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "TURN", 2)
    bad = {ended().pk for _ in range(4)}
    good = ended()

    def hear(settled: list[Settled]) -> None:
        if bad & {one.job for one in settled}:
            raise ZeroDivisionError

    with receiver(hear):
        turn = news.tell()
        while turn.after != news.FIRST:
            turn = news.tell(turn.after)
    assert set(Job.objects.filter(told=False).values_list("id", flat=True)) == bad
    assert good.pk in {settled.job for settled in told}


def test_connection_lost_in_a_receiver_undoes_the_turn_and_news_go_on(told: list[Settled]) -> None:
    job, second = ended(), threading.Event()
    calls: list[int] = []

    def hear(_: list[Settled]) -> None:
        calls.append(1)
        if len(calls) > 1:
            second.set()
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async def run() -> None:
        async with engine(Scripted()) as one:
            running = asyncio.create_task(one.run())
            assert await asyncio.to_thread(second.wait, 10)
            one.stop()
            await running

    with receiver(hear):
        asyncio.run(run())
    job.refresh_from_db()
    assert (job.told, len(calls)) == (True, 2)


def test_two_engines_tell_each_job_once() -> None:
    for _ in range(6):
        ended()
    heard: list[Settled] = []
    telling, go_on = threading.Event(), threading.Event()

    def hear(settled: list[Settled]) -> None:
        heard.extend(settled)
        telling.set()
        assert go_on.wait(10)

    def first() -> None:
        news.tell()
        connection.close()

    with receiver(hear):
        one = threading.Thread(target=first)
        one.start()
        assert telling.wait(10)
        assert news.tell().told == 0
        go_on.set()
        one.join()
    assert len(heard) == 6
    assert not Job.objects.filter(told=False).exists()


KILLED = """
import os, signal, django
django.setup()
from delivery.engine import news
from delivery.signals import job_settled
from distribution.models import Lead

def receive(jobs, **_):
    Lead.objects.filter(id=jobs[0].lead).update(note="told")
    os.kill(os.getpid(), signal.SIGKILL)

job_settled.connect(receive)
news.tell()
"""


@pytest.mark.process
def test_process_killed_while_telling_leaves_it_untold(told: list[Settled]) -> None:
    job = ended(settings=DeliverySettingsFactory.create())
    env = environment({"DJANGO_SETTINGS_MODULE": "leadflip.settings"})
    run = subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, env=env, check=False)
    assert run.returncode == -9
    assert Lead.objects.get(id=job.lead_id).note == ""
    assert news.tell().told == 1
    assert [settled.job for settled in told] == [job.pk]
