"""`run_job`: one job through claim, channel and settling, by whoever comes first."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from delivery.models import Job, Lane
from delivery.tasks import HELD, NOT_DUE, run_job
from leadflip.celery import app
from partners.models import DeliverySettings
from tests.architecture.project import ROOT
from tests.delivery.engine.parts import due_job
from tests.factories import DeliverySettingsFactory, PartnerFactory
from tests.processes import environment, stop, wait_for
from tests.servers.behaviours import reply
from tests.servers.http import HttpServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lane(http_server: HttpServer, loopback: None) -> DeliverySettings:
    """The webhook of a partner whose server answers."""
    config = {"url": http_server.url, "method": "POST", "format": "json", "headers": [], "signing": False}
    return DeliverySettingsFactory.create(partner=PartnerFactory.create(), config=config)


def ids(server: HttpServer) -> list[str | None]:
    return [request.header("webhook-id") for request in server.requests]


def test_one_job_is_sent_and_settled_and_no_other(http_server: HttpServer, lane: DeliverySettings) -> None:
    due_job(lane, next_attempt_at=timezone.now() - timedelta(hours=1))
    job = due_job(lane)
    due_job()
    assert run_job(str(job.pk)) == "delivered"
    assert ids(http_server) == [str(job.pk)]
    assert set(Job.objects.filter(status="delivered")) == {job}
    assert job.tries.get().code == 200


def test_failed_attempt_waits_for_the_engine(http_server: HttpServer, lane: DeliverySettings) -> None:
    http_server.script(reply(500))
    job = due_job(lane)
    assert run_job(str(job.pk)) == "retrying"
    assert run_job(str(job.pk)) == NOT_DUE
    assert len(http_server.requests) == 1


@pytest.mark.parametrize("status", ["delivered", "failed", "cancelled"])
def test_settled_job_is_not_sent_again(http_server: HttpServer, lane: DeliverySettings, status: str) -> None:
    job = due_job(lane, status=status, next_attempt_at=None, settled_at=timezone.now())
    assert run_job(str(job.pk)) == status
    assert http_server.requests == []


def test_job_in_other_hands_is_left_to_them(http_server: HttpServer, lane: DeliverySettings) -> None:
    lease = timezone.now() + timedelta(minutes=1)
    job = due_job(lane, status="sending", next_attempt_at=None, claim_token=uuid4(), lease_until=lease)
    assert run_job(str(job.pk)) == "sending"
    assert http_server.requests == []


def test_lane_that_is_slowed_holds_a_single_job_too(http_server: HttpServer, lane: DeliverySettings) -> None:
    Lane.objects.create(settings=lane, state="open", open_until=timezone.now() + timedelta(minutes=5))
    job = due_job(lane)
    assert run_job(str(job.pk)) == HELD
    assert http_server.requests == []


def test_unknown_job_is_an_error() -> None:
    with pytest.raises(Job.DoesNotExist):
        run_job(str(uuid4()))


def test_many_tasks_for_one_job_send_it_once(http_server: HttpServer, lane: DeliverySettings) -> None:
    http_server.default = reply(200, delay=0.2)
    job = due_job(lane)

    def task() -> str:
        try:
            return run_job(str(job.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        answers = [each.result() for each in [threads.submit(task) for _ in range(4)]]
    assert ids(http_server) == [str(job.pk)]
    assert "delivered" in answers
    assert set(answers) <= {"delivered", "sending"}


@pytest.mark.process
def test_celery_worker_runs_it(http_server: HttpServer, lane: DeliverySettings) -> None:
    job = due_job(lane)
    more = {"OUTGOING_ALLOW": f"127.0.0.1/32:{http_server.port}", "ENGINE_PROCESSES": "0"}
    command = [sys.executable, "-m", "celery", "-A", "leadflip", "worker", "--concurrency", "1"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment(more), start_new_session=True)
    try:
        app.tasks[run_job.name].delay(str(job.pk))
        wait_for(lambda: Job.objects.get().status == "delivered", worker)
    finally:
        stop(worker)
    assert ids(http_server) == [str(job.pk)]
