"""A paused lane: its jobs wait at no cost, what is being sent ends, and it begins again step by step."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from delivery import destinations, trial
from delivery.channels.base import Answer, Parcel, Receipt
from delivery.engine.claim import next_due
from delivery.engine.engine import Engine
from delivery.engine.lanes import Lanes
from delivery.engine.link import Link
from delivery.models import Alert, Job, Lane
from delivery.pages.filters import held
from partners.draft import Draft
from partners.models import DeliverySettings, User
from tests.delivery.engine.parts import Clock, Scripted, beside, deliver, due_job, engine
from tests.delivery.engine.test_health import Endpoint, fill
from tests.delivery.engine.test_sockets import lane as lane_at
from tests.factories import DeliverySettingsFactory, PartnerFactory, SmtpAccountFactory, UserFactory
from tests.servers.behaviours import reply
from tests.servers.http import Exchange, HttpServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Clock:
    return Clock(timezone.now())


@pytest.fixture
def lane() -> DeliverySettings:
    return DeliverySettingsFactory.create(partner=PartnerFactory.create(in_flight=64))


@pytest.fixture
def ana() -> User:
    return UserFactory.create(name="Ana")


def sweep(clock: Clock) -> None:
    async def run() -> None:
        async with engine(Scripted(), clock) as one:
            await one.sweep()

    asyncio.run(run())


def test_jobs_of_a_paused_lane_wait_at_no_cost(clock: Clock, lane: DeliverySettings, ana: User) -> None:
    waiting, other = due_job(lane), due_job()
    assert destinations.pause(lane.pk, by=ana)
    assert not destinations.pause(lane.pk, by=UserFactory.create())
    channel = Scripted()
    clock.forward(hours=60)
    assert deliver(channel, clock, turns=2) == 1
    sweep(clock)
    assert channel.ids == [other.id]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts) == ("queued", 0)
    assert list(Job.objects.filter(held())) == [waiting]
    assert Lane.objects.get(settings=lane).paused_by == ana


def test_engine_does_not_wake_for_what_is_paused(lane: DeliverySettings, ana: User) -> None:
    due_job(lane)
    room = Lanes(10, lambda: 2, lambda: None).room(10)

    async def seconds() -> float | None:
        link = Link("test")
        try:
            return await next_due(link, room)
        finally:
            await link.close()

    soon = asyncio.run(seconds())
    assert soon is not None
    assert soon <= 0
    destinations.pause(lane.pk, by=ana)
    assert asyncio.run(seconds()) is None


def test_resumed_lane_begins_with_one_then_two_four_eight(
    clock: Clock, lane: DeliverySettings, ana: User
) -> None:
    fill(lane, 40)
    destinations.pause(lane.pk, by=ana)
    assert destinations.resume(lane.pk, by=ana)
    assert not destinations.resume(lane.pk, by=ana)
    up = Endpoint()
    up.up = True
    claimed = []

    async def run() -> None:
        async with engine(up, clock) as one:
            claimed.extend([await one.run_once() for _ in range(4)])

    asyncio.run(run())
    assert claimed[:3] == [1, 2, 4]
    assert claimed[3] <= 8
    row = Lane.objects.get(settings=lane)
    assert (row.state, row.paused_at, row.paused_by) == ("closed", None, None)


def test_pause_outlasts_answers_outages_and_mended_settings(
    clock: Clock, lane: DeliverySettings, ana: User
) -> None:
    fill(lane, 3)
    Lane.objects.create(settings=lane, state="ramp", ramp=8)

    async def answer(_: Parcel[Any]) -> Receipt:
        await beside(partial(destinations.pause, lane.pk, by=ana))
        return Receipt(Answer(200))

    assert deliver(Scripted(answer), clock) == 3
    row = Lane.objects.get(settings=lane)
    assert (row.state, row.paused_by) == ("closed", ana)
    assert Job.objects.filter(status="delivered").count() == 3
    Lane.objects.update(state="open", failures=9, failing_since=clock.now, opens=3, open_until=clock.now)
    assert not destinations.probe(lane_id=row.pk, by=ana)
    destinations.mended(lane.pk)
    row.refresh_from_db()
    assert (row.state, row.failures, row.paused_by) == ("closed", 0, ana)


def test_age_behind_an_outage_counts_from_the_end_of_a_pause(
    clock: Clock, lane: DeliverySettings, ana: User
) -> None:
    old = due_job(lane, budget_due=clock.now - timedelta(hours=60))
    since = clock.now - timedelta(hours=59)
    Lane.objects.create(settings=lane, state="open", failing_since=since, open_until=clock.now)
    destinations.pause(lane.pk, by=ana)
    sweep(clock)
    assert not Alert.objects.exists()
    destinations.resume(lane.pk, by=ana)
    down = Endpoint()
    clock.forward(seconds=10)
    assert deliver(down, clock) == 1
    assert Lane.objects.get(settings=lane).state == "open"
    # It fails anew, and that is told.
    assert Alert.objects.filter(kind="lane_open").count() == 1
    clock.forward(hours=23)
    sweep(clock)
    old.refresh_from_db()
    assert old.status == "retrying"
    clock.forward(hours=2)
    sweep(clock)
    old.refresh_from_db()
    assert (old.status, old.attempts) == ("failed", 1)


def test_pausing_the_account_holds_all_mail_but_tests(clock: Clock, ana: User) -> None:
    SmtpAccountFactory.create()
    rows = [DeliverySettingsFactory.create(kind="email") for _ in range(2)]
    jobs = [due_job(row) for row in rows]
    hook = due_job()
    destinations.pause(None, by=ana)
    draft = Draft.of(rows[0])
    test = trial.send_test(partner=rows[0].partner, draft=draft, lead_id=jobs[0].lead_id, by=ana)
    clock.forward(seconds=5)
    channel = Scripted()
    deliver(channel, clock)
    assert set(channel.ids) == {hook.id, test.id}
    assert set(Job.objects.filter(held())) == set(jobs)


def test_call_that_is_open_at_the_pause_ends_as_it_would(host: HttpServer, ana: User) -> None:
    lane = lane_at(host, "paused")
    jobs = [due_job(lane)]

    async def pause_then_answer(exchange: Exchange) -> None:
        await beside(partial(destinations.pause, lane.pk, by=ana))
        await reply(200)(exchange)

    host.default = pause_then_answer

    async def run() -> None:
        async with Engine() as one:
            await one.run_once()
            host.default = reply(200)
            jobs.append(await beside(partial(due_job, lane)))
            assert await one.run_once() == 0
            await beside(partial(destinations.resume, lane.pk, by=ana))
            assert await one.run_once() == 1

    asyncio.run(run())
    assert [Job.objects.get(pk=job.pk).status for job in jobs] == ["delivered", "delivered"]
