"""A destination that was down for an hour gets what waited for it, and never more at once than it may."""

import asyncio
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest
from django.utils import timezone

from delivery.engine.engine import Engine
from delivery.engine.lanes import Rate
from delivery.models import Alert, Job, Lane
from partners.models import DeliverySettings
from tests.delivery.engine.parts import Clock
from tests.factories import DeliverySettingsFactory, LeadFactory, PartnerFactory, RetryPolicyFactory
from tests.servers.behaviours import reply
from tests.servers.http import HttpServer, Received

pytestmark = pytest.mark.django_db(transaction=True)

BACKLOG = 200
IN_FLIGHT = 6
RATE = 60  # calls a second


@pytest.fixture
def lane(host: HttpServer) -> DeliverySettings:
    config = {"url": host.url, "method": "POST", "format": "json", "headers": [], "signing": False}
    partner = PartnerFactory.create(in_flight=IN_FLIGHT, rate=RATE)
    return DeliverySettingsFactory.create(partner=partner, config=config)


def wait_in_line(lane: DeliverySettings, count: int, since: datetime) -> list[UUID]:
    """So many jobs, due one after the other within an hour; their ids in that order."""
    lead, policy = LeadFactory.create(), RetryPolicyFactory.create(waits=[60] * 19)
    step = timedelta(hours=1) / count
    jobs = Job.objects.bulk_create(
        Job(
            lead=lead,
            partner=lane.partner,
            settings=lane,
            kind="webhook",
            policy=policy,
            next_attempt_at=since + number * step,
            budget_due=since,
        )
        for number in range(count)
    )
    return [job.id for job in jobs]


def down_for_an_hour(host: HttpServer, clock: Clock) -> int:
    """The hour, looked at every minute; returns how many calls it cost."""
    host.default = reply(503)

    async def hour() -> None:
        async with Engine(clock=clock) as engine:
            for _ in range(60):
                await engine.run_once()
                clock.forward(minutes=1)

    asyncio.run(hour())
    return len(host.requests)


def come_back(host: HttpServer, clock: Clock, count: int) -> list[Received]:
    """The calls from now on, until so many have come."""
    before = len(host.requests)
    host.default = reply(200, delay=0.01)
    clock.forward(hours=1)

    async def until_all_came() -> None:
        async with Engine(clock=clock) as engine:
            running = asyncio.create_task(engine.run())
            while len(host.requests) < before + count:  # noqa: ASYNC110 - the server is in a thread
                await asyncio.sleep(0.02)
            engine.stop()
            await running

    asyncio.run(asyncio.wait_for(until_all_came(), 20 + count / 50))
    return host.requests[before:]


def most_in_a_second(times: list[float]) -> int:
    return max(
        sum(begin <= at < begin + 1 for at in times[n : n + 2 * RATE]) for n, begin in enumerate(times)
    )


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each call was counted against the rate: how long its way takes is another matter."""
    times: list[float] = []
    spend = Rate.spend

    def noted(rate: Rate) -> None:
        times.append(monotonic())
        spend(rate)

    monkeypatch.setattr(Rate, "spend", noted)
    return times


def test_backlog_of_an_hour_comes_back_within_the_partners_limits(
    host: HttpServer, lane: DeliverySettings, sent: list[float]
) -> None:
    clock = Clock(timezone.now())
    ids = wait_in_line(lane, BACKLOG, clock.now)
    cost = down_for_an_hour(host, clock)
    assert Lane.objects.get(settings=lane).state == "open"
    assert cost < 100
    calls = come_back(host, clock, BACKLOG)
    # One probe, then two, four, and never more than the partner takes; nor more in any second.
    for most, begin, end in ((1, 0, 1), (2, 1, 3), (4, 3, 7), (IN_FLIGHT, 7, BACKLOG)):
        assert max(call.open for call in calls[begin:end]) <= most
    assert max(call.open for call in calls) == IN_FLIGHT
    assert most_in_a_second(sent[-BACKLOG:]) <= RATE
    # Each once.
    came = [UUID(str(call.header("webhook-id"))) for call in calls]
    assert sorted(came) == sorted(ids)
    assert Job.objects.filter(status="delivered").count() == BACKLOG
    assert not Lane.objects.exists()
    assert not Alert.objects.filter(kind="lane_open", closed_at=None).exists()


def test_rate_holds_for_any_second_not_for_each_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("delivery.engine.lanes.monotonic", lambda: now)
    rate = Rate(3)
    sent: list[float] = []
    for _ in range(100):
        if rate.tokens() >= 1:
            rate.spend()
            sent.append(now)
        else:
            assert 0 < rate.wait() <= 1
        now += 0.07
    assert max(sum(begin <= at < begin + 1 for at in sent) for begin in sent) == 3
    assert len(sent) >= 18
