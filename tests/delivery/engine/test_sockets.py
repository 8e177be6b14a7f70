"""Lanes and endpoints on real sockets: who waits for whom, and what a dead destination costs."""

import asyncio
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from delivery import models
from delivery.engine.engine import Engine
from delivery.models import Alert, Job, Lane
from delivery.services import cancel
from delivery.waking import wake
from partners.models import DeliverySettings, Partner
from tests.architecture.project import ROOT
from tests.delivery.engine.parts import Clock, due_job
from tests.factories import DeliverySettingsFactory, LeadFactory, PartnerFactory, RetryPolicyFactory
from tests.processes import environment, stop, wait_for
from tests.servers.behaviours import hang, reply
from tests.servers.http import Exchange, HttpServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Clock:
    return Clock(timezone.now())


def lane(host: HttpServer, path: str, **partner: Any) -> DeliverySettings:
    config = {"url": host.url + path, "method": "POST", "format": "json", "headers": [], "signing": False}
    return DeliverySettingsFactory.create(partner=PartnerFactory.create(**partner), config=config)


def deliver(clock: Clock, turns: int = 1) -> None:
    async def run() -> None:
        async with Engine(clock=clock) as engine:
            for _ in range(turns):
                await engine.run_once()

    asyncio.run(run())


def sweep(clock: Clock) -> None:
    async def run() -> None:
        async with Engine(clock=clock) as engine:
            await engine.sweep()

    asyncio.run(run())


def paths(host: HttpServer) -> list[str]:
    return [request.path.strip("/") for request in host.requests]


def test_what_changes_while_a_job_waits_holds_at_the_next_attempt(host: HttpServer, clock: Clock) -> None:
    host.default = reply(500)
    lanes = {name: lane(host, name) for name in ("cancelled", "inactive", "edited")}
    jobs = {name: due_job(each) for name, each in lanes.items()}
    deliver(clock)
    assert sorted(paths(host)) == sorted(lanes)
    host.default = reply(200)
    cancel(job_id=jobs["cancelled"].pk, reason="Sold elsewhere")
    Partner.objects.filter(id=lanes["inactive"].partner_id).update(active=False)
    moved = {**lanes["edited"].config, "url": host.url + "new"}
    DeliverySettings.objects.filter(id=lanes["edited"].pk).update(config=moved, version=2)
    clock.forward(minutes=1)
    deliver(clock, turns=2)
    assert paths(host)[3:] == ["new"]
    assert Job.objects.get(pk=jobs["edited"].pk).status == "delivered"


def test_hanging_lanes_of_one_host_hold_nobody_up(host: HttpServer) -> None:
    policy = RetryPolicyFactory.create(waits=[60], timeout=8)
    stuck = hang()

    async def by_path(exchange: Exchange) -> None:
        await (stuck if "hang" in exchange.request.path else reply(200))(exchange)

    host.default = by_path
    for number in range(20):
        each = lane(host, f"hang{number}")
        for _ in range(3):
            due_job(each, policy=policy)
    healthy = lane(host, "healthy")
    for _ in range(30):
        due_job(healthy, policy=policy)

    async def run() -> None:
        async with Engine() as engine:
            running = asyncio.create_task(engine.run())
            while paths(host).count("healthy") < 30:  # noqa: ASYNC110 - the server is in a thread
                await asyncio.sleep(0.01)
            # None of the hanging calls has ended: the healthy ones did not wait for them.
            assert host.open >= 60
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(asyncio.wait_for(run(), 30))


def test_backlog_of_one_partner_lets_others_between(host: HttpServer, clock: Clock) -> None:
    big, small = lane(host, "big", in_flight=64), lane(host, "small")
    lead = LeadFactory.create()
    now = clock.now - timedelta(seconds=1)
    Job.objects.bulk_create(
        Job(
            lead=lead,
            partner=big.partner,
            settings=big,
            kind="webhook",
            next_attempt_at=now,
            budget_due=now,
        )
        for _ in range(10_000)
    )
    for _ in range(10):
        due_job(small)
    clock.forward(minutes=1)
    deliver(clock, turns=4)
    came = paths(host)
    assert came.count("small") == 10
    assert len(came) - came[::-1].index("small") < 200


def test_dead_destination_costs_one_probe_a_pause_and_few_alerts(host: HttpServer, clock: Clock) -> None:
    async def by_path(exchange: Exchange) -> None:
        await reply(500 if "dead" in exchange.request.path else 200)(exchange)

    host.default = by_path
    dead, alive = lane(host, "dead"), lane(host, "alive")
    policy = RetryPolicyFactory.create(waits=[5] * 19)
    for _ in range(6):
        due_job(dead, policy=policy)
    while not Lane.objects.filter(state="open").exists():
        deliver(clock)
        clock.forward(seconds=20)
    before = paths(host).count("dead")
    tries = sum(Job.objects.filter(settings=dead).values_list("attempts", flat=True))
    end = clock.now + timedelta(hours=6)
    while clock.now < end:
        due_job(alive)
        deliver(clock)
        clock.forward(minutes=5)
    probes = paths(host).count("dead") - before
    # Pauses of 30 s to 15 min, looked at every 5 min: at most 72 looks, at least one each 18 + 5 min.
    assert 6 * 60 // 23 <= probes <= 72
    spent = sum(Job.objects.filter(settings=dead).values_list("attempts", flat=True)) - tries
    assert spent == probes
    assert paths(host).count("alive") == 72
    assert Alert.objects.filter(kind="lane_open").count() == 1


def test_destination_that_is_back_is_not_run_over(host: HttpServer, clock: Clock) -> None:
    back = lane(host, "back", in_flight=64)
    Lane.objects.create(
        settings=back,
        state="open",
        failures=20,
        failing_since=clock.now - timedelta(hours=1),
        opens=3,
        open_until=clock.now,
    )
    for _ in range(40):
        due_job(back)
    host.default = reply(200, delay=0.05)
    deliver(clock, turns=6)
    most = [0, 0, 0, 0]
    for turn, (begin, end) in enumerate([(0, 1), (1, 3), (3, 7), (7, 15)]):
        most[turn] = max(request.open for request in host.requests[begin:end])
    assert most[:3] == [1, 2, 4]
    assert most[3] <= 8
    assert not Lane.objects.exists()


def test_budget_used_up_ends_with_the_last_error_and_no_further_request(
    host: HttpServer, clock: Clock
) -> None:
    host.default = reply(503)
    job = due_job(lane(host, "down"))
    for _ in range(9):
        deliver(clock)
        Lane.objects.all().delete()  # the budget is meant here, not the breaker
        clock.forward(hours=15)
    job.refresh_from_db()
    assert (job.status, job.attempts, len(host.requests)) == ("failed", 8, 8)
    assert "503" in job.reason
    assert job.told is False


def test_job_that_ages_behind_a_dead_destination_ends_with_the_one_alert_of_its_lane(
    host: HttpServer, clock: Clock
) -> None:
    host.default = reply(503)
    dead = lane(host, "down")
    job = due_job(dead, policy=RetryPolicyFactory.create(waits=[3600] * 19))
    others = [due_job(dead, policy=job.policy) for _ in range(5)]
    end = clock.now + timedelta(hours=25)
    while clock.now < end:
        deliver(clock)
        clock.forward(minutes=30)
    sweep(clock)
    for each in (job, *others):
        each.refresh_from_db()
        assert each.status == "failed"
        assert "503" in each.last_error
    before = len(host.requests)
    for _ in range(3):
        deliver(clock)
        clock.forward(hours=15)
    assert len(host.requests) == before
    assert sorted(Alert.objects.values_list("kind", flat=True)) == [
        "lane_open",
        "lane_open_day",
        "lane_open_hour",
    ]


@pytest.mark.process
def test_four_engines_claim_each_row_once_and_keep_each_to_its_limit(host: HttpServer) -> None:
    host.default = reply(200, delay=0.02)
    lanes = [lane(host, f"lane{number}", in_flight=8) for number in range(2)]
    more = {"OUTGOING_ALLOW": f"127.0.0.1/32:{host.port}"}
    command = [sys.executable, "-m", "django", "deliver", "--settings", "leadflip.settings"]
    engines = [subprocess.Popen(command, cwd=ROOT, env=environment(more)) for _ in range(4)]
    try:
        # All four are up before there is anything to claim, whose commit wakes them together.
        wait_for(lambda: models.Engine.objects.count() == 4, engines[0])
        with transaction.atomic():
            for number in range(1000):
                due_job(lanes[number % 2], lead=LeadFactory.create())
            wake()
        wait_for(lambda: not Job.objects.exclude(status="delivered").exists(), engines[0])
    finally:
        codes = [stop(each) for each in engines]
    assert codes == [0, 0, 0, 0]
    came = Counter(request.header("webhook-id") for request in host.requests)
    assert len(came) == 1000
    assert set(came.values()) == {1}
    assert host.peak <= 4 * 2 * 8
