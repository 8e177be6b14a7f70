"""Lanes that fail are left alone, tried with one probe, and come back step by step."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from delivery.channels.base import Answer, Configuration, Parcel, Permanent, Receipt, Temporary
from delivery.models import Alert, Job, Lane
from partners.models import DeliverySettings
from tests.delivery.engine.parts import Clock, Scripted, deliver, due_job, engine
from tests.factories import (
    DeliverySettingsFactory,
    PartnerFactory,
    RetryPolicyFactory,
    SmtpAccountFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Clock:
    return Clock(timezone.now())


@pytest.fixture
def lane() -> DeliverySettings:
    return DeliverySettingsFactory.create(partner=PartnerFactory.create(in_flight=64))


class Endpoint(Scripted):
    """A partner's endpoint that is down until it is told to be up."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(self._answer)
        self.error = error or Temporary("refused", "crm.example.com refused the connection (port 443).")
        self.up = False

    async def _answer(self, _: Parcel[Any]) -> Receipt:
        await asyncio.sleep(0.005)
        if self.up:
            return Receipt(Answer(200))
        raise self.error


def fill(lane: DeliverySettings, count: int) -> None:
    policy = RetryPolicyFactory.create(waits=[1] * 19)
    for _ in range(count):
        due_job(lane, policy=policy)


def fail_until_open(lane: DeliverySettings, clock: Clock, down: Endpoint) -> None:
    for _ in range(12):
        deliver(down, clock)
        clock.forward(seconds=10)
        if Lane.objects.filter(settings=lane, state="open").exists():
            return
    raise AssertionError("the lane did not open")


def test_lane_opens_after_a_minute_of_failures_and_is_left_alone(
    clock: Clock, lane: DeliverySettings
) -> None:
    fill(lane, 4)
    down = Endpoint()
    fail_until_open(lane, clock, down)
    row = Lane.objects.get(settings=lane)
    assert row.failures >= 10
    assert row.open_until is not None
    came, tried = len(down.ids), list(Job.objects.values_list("attempts", flat=True))
    clock.now = row.open_until - timedelta(seconds=1)
    assert deliver(down, clock, turns=3) == 0
    assert len(down.ids) == came
    assert list(Job.objects.values_list("attempts", flat=True)) == tried


def test_one_probe_a_pause_whoever_asks(clock: Clock, lane: DeliverySettings) -> None:
    fill(lane, 6)
    down = Endpoint()
    fail_until_open(lane, clock, down)
    for _ in range(3):
        until = Lane.objects.get(settings=lane).open_until
        assert until is not None
        clock.now = until + timedelta(seconds=1)
        came = len(down.ids)

        async def both() -> None:
            async with engine(down, clock) as one, engine(down, clock) as two:
                await asyncio.gather(one.run_once(), two.run_once())
                await asyncio.gather(one.run_once(), two.run_once())

        asyncio.run(both())
        assert len(down.ids) == came + 1
    assert Lane.objects.get(settings=lane).opens == 4
    assert Alert.objects.filter(kind="lane_open", key=f"lane:{lane.pk}").count() == 1


def test_lane_comes_back_by_one_two_four_eight(clock: Clock, lane: DeliverySettings) -> None:
    fill(lane, 40)
    down = Endpoint()
    fail_until_open(lane, clock, down)
    down.up = True
    until = Lane.objects.get(settings=lane).open_until
    assert until is not None
    clock.now = until + timedelta(minutes=1)
    peaks = []

    async def run() -> None:
        async with engine(down, clock) as one:
            for _ in range(5):
                down.peak.clear()
                await one.run_once()
                peaks.append(down.peak[lane.partner_id])

    asyncio.run(run())
    assert peaks[:3] == [1, 2, 4]
    assert peaks[3] <= 8
    assert not Lane.objects.filter(settings=lane).exists()
    assert Alert.objects.filter(kind="recovered").exists()
    assert not Alert.objects.filter(kind="lane_open", closed_at=None).exists()


def test_each_recovery_is_told(clock: Clock, lane: DeliverySettings) -> None:
    told = Alert.objects.filter(kind="recovered", key=f"lane:{lane.pk}")
    for times in (1, 2):
        fill(lane, 40)
        down = Endpoint()
        fail_until_open(lane, clock, down)
        down.up = True
        until = Lane.objects.get(settings=lane).open_until
        assert until is not None
        clock.now = until + timedelta(minutes=1)
        deliver(down, clock=clock, turns=5)
        assert not Lane.objects.filter(settings=lane).exists()
        assert told.count() == times
        assert not told.filter(closed_at=None).exists()
        clock.now += timedelta(hours=2)


def test_another_lane_on_the_same_host_goes_on(clock: Clock, lane: DeliverySettings) -> None:
    fill(lane, 4)
    fail_until_open(lane, clock, Endpoint())
    other = due_job()
    assert other.settings.config["url"] == lane.config["url"]
    up = Endpoint()
    up.up = True
    deliver(up, clock)
    assert up.ids == [other.id]


def test_refusals_of_one_lead_open_nothing(clock: Clock, lane: DeliverySettings) -> None:
    fill(lane, 4)
    picky = Endpoint(
        Temporary("http_4xx", "crm.example.com answered 422.", answer=Answer(422), endpoint=False)
    )
    for _ in range(12):
        deliver(picky, clock)
        clock.forward(seconds=10)
    assert not Lane.objects.exists()


def test_gone_opens_at_once_and_is_tried_again(clock: Clock, lane: DeliverySettings) -> None:
    fill(lane, 1)
    deliver(Endpoint(Temporary("http_4xx", "crm.example.com answered 410.", answer=Answer(410))), clock)
    assert Lane.objects.get(settings=lane).state == "open"
    assert Job.objects.get().status == "retrying"


@pytest.mark.parametrize("where", ["admin", "environment"])
def test_smtp_account_error_holds_all_mail_back(clock: Clock, where: str) -> None:
    if where == "admin":
        SmtpAccountFactory.create()
    lanes = [DeliverySettingsFactory.create(kind="email") for _ in range(3)]
    due_job(lanes[0])
    refused = Endpoint(Configuration("auth", "The SMTP server refused the password."))
    deliver(refused, clock)
    assert Lane.objects.get().smtp_id == 1
    waiting = [due_job(each) for each in lanes[1:]]
    clock.forward(seconds=5)
    assert deliver(refused, clock) == 0
    assert {job.status for job in Job.objects.filter(id__in=[each.id for each in waiting])} == {"queued"}


def test_unset_smtp_account_is_no_lanes_fault(clock: Clock) -> None:
    jobs = [due_job(DeliverySettingsFactory.create(kind="email")) for _ in range(2)]
    deliver(Endpoint(Configuration("not_configured", "No SMTP server is set.")), clock)
    assert not Lane.objects.exists()
    assert Job.objects.filter(id__in=[job.id for job in jobs], status="failed").count() == 2


def test_refused_recipient_opens_nothing(clock: Clock) -> None:
    SmtpAccountFactory.create()
    due_job(DeliverySettingsFactory.create(kind="email"))
    deliver(Endpoint(Permanent("smtp_5xx", "1 of 1 recipients were refused.", endpoint=False)), clock)
    assert not Lane.objects.exists()


def test_open_lane_is_told_of_again_after_an_hour_and_a_day(clock: Clock, lane: DeliverySettings) -> None:
    since = clock.now - timedelta(hours=2)
    Lane.objects.create(
        settings=lane, state="open", failures=50, failing_since=since, opens=9, open_until=clock.now
    )

    async def turn() -> None:
        async with engine(Scripted(), clock) as one:
            await one.sweep()
            await one.sweep()

    asyncio.run(turn())
    assert list(Alert.objects.values_list("kind", flat=True)) == ["lane_open_hour"]
    Alert.objects.update(acknowledged_at=clock.now)
    clock.forward(hours=23)
    asyncio.run(turn())
    told = Alert.objects.values_list("kind", "acknowledged_at").order_by("kind")
    assert [kind for kind, _at in told] == ["lane_open_day", "lane_open_hour"]
    assert told[0][1] == told[1][1]


@pytest.mark.parametrize(("minutes", "opened"), [(59, 1), (61, 2)])
def test_lane_that_comes_and_goes_is_told_of_an_hour_after_the_last_end(
    clock: Clock, lane: DeliverySettings, minutes: int, opened: int
) -> None:
    ended = clock.now - timedelta(minutes=minutes)
    before = {"opened_at": ended - timedelta(hours=5), "closed_at": ended}
    Alert.objects.create(kind="lane_open", key=f"lane:{lane.pk}", **before)
    fill(lane, 1)
    deliver(Endpoint(Temporary("http_4xx", "crm.example.com answered 410.", answer=Answer(410))), clock)
    assert Lane.objects.get(settings=lane).state == "open"
    assert Alert.objects.count() == opened


def test_lane_starts_with_four_and_grows_with_answers(clock: Clock, lane: DeliverySettings) -> None:
    fill(lane, 60)
    up = Endpoint()
    up.up = True

    async def run() -> list[int]:
        async with engine(up, clock) as one:
            return [await one.run_once() for _ in range(3)]

    assert asyncio.run(run()) == [4, 8, 16]


def test_timeouts_halve_what_a_lane_may_have_open(clock: Clock, lane: DeliverySettings) -> None:
    fill(lane, 60)
    slow = Endpoint(Temporary("timeout", "crm.example.com did not answer within 15 s."))

    async def run() -> list[int]:
        async with engine(slow, clock) as one:
            return [await one.run_once() for _ in range(3)]

    assert asyncio.run(run()) == [4, 2, 2]


def test_partners_rate_holds_over_its_lanes(clock: Clock) -> None:
    partner = PartnerFactory.create(in_flight=64, rate=3)
    for kind in ("webhook", "portal"):
        fill(DeliverySettingsFactory.create(partner=partner, kind=kind), 10)
    up = Endpoint()
    up.up = True
    assert deliver(up, clock) == 3

    async def run() -> int:
        async with engine(up, clock) as one:
            first = await one.run_once()
            return first + await one.run_once()

    assert asyncio.run(run()) == 3


def test_job_too_old_behind_an_open_breaker_fails_with_since_when(
    clock: Clock, lane: DeliverySettings
) -> None:
    old = due_job(lane, budget_due=clock.now - timedelta(hours=25))
    young = due_job(lane)
    since = clock.now - timedelta(hours=30)
    later = clock.now + timedelta(minutes=10)
    Lane.objects.create(
        settings=lane, state="open", failures=50, failing_since=since, opens=9, open_until=later
    )

    async def run() -> None:
        async with engine(Scripted(), clock) as one:
            await one.sweep()

    asyncio.run(run())
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.status, old.told) == ("failed", False)
    assert old.reason == f"The destination has been down since {since:%Y-%m-%d %H:%M} UTC."
    assert young.status == "queued"
