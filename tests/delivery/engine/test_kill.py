"""An engine and a worker killed in the middle of deliveries: nothing is lost, and repeats are explained."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F, Max

from delivery.models import Attempt, Job
from tests.architecture.project import ROOT
from tests.delivery.engine.parts import due_job
from tests.factories import DeliverySettingsFactory, PartnerFactory, RetryPolicyFactory
from tests.processes import environment, stop, wait_for
from tests.servers.behaviours import reply
from tests.servers.http import Exchange, HttpServer

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

JOBS = 200


@pytest.fixture
def receiver() -> Iterator[HttpServer]:
    """A partner that takes half a second for each lead."""
    with HttpServer() as server:
        server.default = reply(200, delay=0.5)
        yield server


def worker(receiver: HttpServer) -> subprocess.Popen[bytes]:
    more = {"OUTGOING_ALLOW": f"127.0.0.1/32:{receiver.port}", "SWEEP_SECONDS": "0.5"}
    command = [sys.executable, "-m", "celery", "-A", "leadflip", "worker", "--concurrency", "1"]
    return subprocess.Popen(command, cwd=ROOT, env=environment(more), start_new_session=True)


def engines(process: subprocess.Popen[bytes]) -> list[int]:
    """The engine processes that this worker hosts."""
    children = [
        int(child)
        for task in Path(f"/proc/{process.pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [pid for pid in children if b"\0deliver\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def place_jobs(receiver: HttpServer) -> None:
    policy = RetryPolicyFactory.create(waits=[1, 1, 1])
    lanes = [
        DeliverySettingsFactory.create(
            partner=PartnerFactory.create(in_flight=8),
            config={"url": receiver.url, "method": "POST", "format": "json", "headers": [], "signing": False},
        )
        for _ in range(4)
    ]
    for number in range(JOBS):
        due_job(lanes[number % 4], policy=policy)


def held() -> set[str]:
    """The claims of the dead engine; its silence gives them away long before their leases end."""
    return {str(job_id) for job_id in Job.objects.filter(status="sending").values_list("id", flat=True)}


def books(receiver: HttpServer, open_at_kill: Sequence[set[str]]) -> None:
    """Every job delivered; what came again was open at a kill, under the same id."""
    assert Job.objects.filter(status="delivered").count() == JOBS
    came = Counter(request.header("webhook-id") for request in receiver.requests)
    assert set(came) == {str(job_id) for job_id in Job.objects.values_list("id", flat=True)}
    open_times = Counter(webhook_id for held_then in open_at_kill for webhook_id in held_then)
    assert Counter({name: times - 1 for name, times in came.items() if times > 1}) <= open_times
    lost = Attempt.objects.filter(error_class="worker_lost")
    assert lost.filter(outcome="unknown").count() == lost.count() > 0
    assert Job.objects.aggregate(most=Max("attempts"))["most"] <= 1 + len(open_at_kill)


def all_delivered() -> bool:
    return not Job.objects.exclude(status="delivered").exists()


def wait_until_delivered(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not all_delivered():
        assert process.poll() is None
        assert time.monotonic() < deadline, "not delivered in time"
        time.sleep(0.1)


def kill(pids: Sequence[int]) -> set[str]:
    """What the killed ones had open."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return held()


def test_engine_killed_and_then_its_worker_with_the_next_lose_nothing(receiver: HttpServer) -> None:
    place_jobs(receiver)
    first = worker(receiver)
    wait_for(lambda: len(receiver.requests) >= 40, first)
    (engine,) = engines(first)
    open_at_kill = [kill([engine])]
    wait_for(lambda: len(receiver.requests) >= 100 and engines(first) not in ([], [engine]), first)
    open_at_kill.append(kill([first.pid, *engines(first)]))
    first.wait()
    again = worker(receiver)
    try:
        wait_until_delivered(again)
        books(receiver, open_at_kill)
    finally:
        stop(again)


def deliver(receiver: HttpServer) -> subprocess.Popen[bytes]:
    more = {"OUTGOING_ALLOW": f"127.0.0.1/32:{receiver.port}", "SWEEP_SECONDS": "0.5"}
    command = [sys.executable, "-m", "django", "deliver", "--settings", "leadflip.settings"]
    return subprocess.Popen(command, cwd=ROOT, env=environment(more))


def test_lead_that_kills_each_engine_ends_by_its_budget_and_the_others_are_delivered(
    receiver: HttpServer,
) -> None:
    running: list[subprocess.Popen[bytes]] = []

    async def by_path(exchange: Exchange) -> None:
        if "poison" in exchange.request.path:
            running[-1].kill()
        else:
            await reply(200)(exchange)

    receiver.default = by_path
    policy = RetryPolicyFactory.create(waits=[1])
    config = {"method": "POST", "format": "json", "headers": [], "signing": False}
    poison, healthy = (
        DeliverySettingsFactory.create(config={"url": receiver.url + path, **config})
        for path in ("poison", "healthy")
    )
    job = due_job(poison, policy=policy)
    for _ in range(5):
        due_job(healthy, policy=RetryPolicyFactory.create(waits=[1] * 5))
    deadline = time.monotonic() + 90
    waiting = Job.objects.exclude(status__in=("delivered", "failed"))
    while waiting.exists():
        running.append(deliver(receiver))
        while running[-1].poll() is None and waiting.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        waiting.update(lease_until=F("lease_until") - timedelta(hours=1))
    stop(running[-1])
    job.refresh_from_db()
    assert (job.status, job.attempts, job.last_outcome, job.had_unknown) == ("failed", 2, "unknown", True)
    assert [request.path for request in receiver.requests].count("/poison") == 2
    assert Job.objects.filter(settings=healthy, status="delivered").count() == 5
