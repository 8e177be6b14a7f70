"""A worker killed in the middle of its deliveries: nothing is lost, and repeats are explained."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models import Max

from delivery.models import Attempt, Job
from tests.architecture.project import ROOT
from tests.delivery.engine.parts import due_job
from tests.factories import DeliverySettingsFactory, PartnerFactory, RetryPolicyFactory
from tests.processes import environment, stop, wait_for
from tests.servers.behaviours import reply
from tests.servers.http import HttpServer

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


def books(receiver: HttpServer, open_at_kill: set[str]) -> None:
    """Every job delivered; what came twice was open at the kill, under the same id."""
    assert Job.objects.filter(status="delivered").count() == JOBS
    came = Counter(request.header("webhook-id") for request in receiver.requests)
    assert set(came) == {str(job_id) for job_id in Job.objects.values_list("id", flat=True)}
    repeated = {webhook_id for webhook_id, times in came.items() if times > 1}
    assert repeated <= open_at_kill
    assert max(came.values()) <= 2
    lost = Attempt.objects.filter(error_class="worker_lost")
    assert lost.filter(outcome="unknown").count() == lost.count() > 0
    assert Job.objects.aggregate(most=Max("attempts"))["most"] <= 2


def all_delivered() -> bool:
    return not Job.objects.exclude(status="delivered").exists()


def wait_until_delivered(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not all_delivered():
        assert process.poll() is None
        assert time.monotonic() < deadline, "not delivered in time"
        time.sleep(0.1)


def test_engine_killed_amid_deliveries_loses_nothing(receiver: HttpServer) -> None:
    place_jobs(receiver)
    process = worker(receiver)
    try:
        wait_for(lambda: len(receiver.requests) >= 60, process)
        (engine,) = engines(process)
        os.kill(engine, signal.SIGKILL)
        open_at_kill = held()
        wait_until_delivered(process)
        books(receiver, open_at_kill)
    finally:
        stop(process)


def test_worker_and_engine_killed_together_lose_nothing(receiver: HttpServer) -> None:
    place_jobs(receiver)
    process = worker(receiver)
    wait_for(lambda: len(receiver.requests) >= 60, process)
    killed = [process.pid, *engines(process)]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    process.wait()
    open_at_kill = held()
    again = worker(receiver)
    try:
        wait_until_delivered(again)
        books(receiver, open_at_kill)
    finally:
        stop(again)
