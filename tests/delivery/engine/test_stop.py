"""A worker stopped under load, and an engine without a broker, as processes of their own."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from delivery.models import Attempt, Engine, Job
from partners.models import DeliverySettings
from tests.architecture.project import ROOT
from tests.delivery.engine.parts import due_job
from tests.factories import DeliverySettingsFactory, PartnerFactory, RetryPolicyFactory
from tests.processes import environment, stop, wait_for
from tests.servers.behaviours import hang, reply
from tests.servers.http import Exchange, HttpServer

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

WORKER = ["celery", "-A", "leadflip", "worker", "--concurrency", "1"]
ENGINE = ["django", "deliver", "--settings", "leadflip.settings"]


@pytest.fixture
def receiver() -> Iterator[HttpServer]:
    """Partners that take a second, and partners (below /hang) that never answer."""
    never, slowly = hang(), reply(200, delay=1)

    async def answer(exchange: Exchange) -> None:
        await (never if exchange.request.path.startswith("/hang") else slowly)(exchange)

    with HttpServer() as server:
        server.default = answer
        yield server


def start(command: list[str], receiver: HttpServer, **more: str) -> subprocess.Popen[bytes]:
    env = environment({"OUTGOING_ALLOW": f"127.0.0.1/32:{receiver.port}", **more})
    return subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=env, start_new_session=True)


def lane(url: str) -> DeliverySettings:
    config = {"url": url, "method": "POST", "format": "json", "headers": [], "signing": False}
    return DeliverySettingsFactory.create(partner=PartnerFactory.create(in_flight=64), config=config)


def ids(**filters: object) -> set[str]:
    return {str(job_id) for job_id in Job.objects.filter(**filters).values_list("id", flat=True)}


def test_sigterm_under_load_loses_nothing_and_repeats_what_was_cut_off_alone(receiver: HttpServer) -> None:
    policy = RetryPolicyFactory.create(waits=[1, 1, 1])
    lanes = [lane(f"{receiver.url}{path}/{number}") for number in range(8) for path in ("hang", "slow")]
    jobs = [due_job(lanes[number % 16], policy=policy) for number in range(164)]
    process = start(WORKER, receiver, GRACE_SECONDS="3")
    wait_for(lambda: len(receiver.requests) >= 64, process)
    began = time.monotonic()
    stop(process)
    assert time.monotonic() - began < 30

    seen = {request.header("webhook-id") for request in receiver.requests}
    cut_off = ids(tries__outcome="unknown")
    assert Counter(Job.objects.values_list("status", flat=True)).keys() == {"delivered", "retrying", "queued"}
    assert ids(status="retrying", had_unknown=True) == ids(status="retrying") == cut_off
    assert len(cut_off) == 32
    assert ids(status="queued") == {str(job.pk) for job in jobs} - seen
    assert not Job.objects.filter(status="queued").exclude(attempts=0).exists()
    assert not Engine.objects.exists()

    receiver.default = reply(200)
    again = start(WORKER, receiver)
    try:
        wait_for(lambda: not Job.objects.exclude(status="delivered").exists(), again)
    finally:
        stop(again)
    came = Counter(request.header("webhook-id") for request in receiver.requests)
    assert came.keys() == {str(job.pk) for job in jobs}
    assert {webhook_id for webhook_id, times in came.items() if times > 1} == cut_off
    assert Attempt.objects.filter(late=True).count() == 0


def test_delivery_needs_no_broker(receiver: HttpServer) -> None:
    receiver.default = reply(200)
    due_job(lane(receiver.url))
    engine = start(ENGINE, receiver, REDIS_URL="redis://127.0.0.1:9/0")
    try:
        wait_for(lambda: not Job.objects.exclude(status="delivered").exists(), engine)
        due_job(lane(receiver.url))
        wait_for(lambda: not Job.objects.exclude(status="delivered").exists(), engine)
    finally:
        assert stop(engine) == 0
    assert len(receiver.requests) == 2
