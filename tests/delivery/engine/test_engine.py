"""The loop on real PostgreSQL: claim, send, settle, and who waits for whom."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from delivery.channels.base import Answer, Configuration, Parcel, Permanent, Receipt, Temporary, Unknown
from delivery.models import Attempt, Job
from delivery.services import Placement, place
from partners.models import DeliverySettings, Partner
from tests.delivery.engine.parts import Clock, Scripted, beside, deliver, due_job, engine
from tests.factories import (
    DeliverySettingsFactory,
    EntityFactory,
    LeadFactory,
    PartnerFactory,
    RetryPolicyFactory,
    make_fields,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Clock:
    return Clock(timezone.now())


def failing(error: Exception) -> Scripted:
    async def script(_: Parcel[Any]) -> Receipt:
        raise error

    return Scripted(script)


def test_due_job_is_delivered_and_logged() -> None:
    job = due_job()

    async def script(_: Parcel[Any]) -> Receipt:
        return Receipt(Answer(200, "192.0.2.1", "thanks"), note="")

    assert deliver(Scripted(script)) == 1
    job.refresh_from_db()
    attempt = job.tries.get()
    assert (job.status, job.attempts, job.last_code) == ("delivered", 1, 200)
    assert job.settled_at is not None
    assert (attempt.number, attempt.late, attempt.outcome) == (1, False, "delivered")
    assert attempt.address == "192.0.2.1"


def test_job_not_yet_due_is_left() -> None:
    due_job(next_attempt_at=timezone.now() + timedelta(minutes=1))
    assert deliver(Scripted()) == 0


def test_temporary_failure_waits_as_scheduled_and_keeps_its_id(clock: Clock) -> None:
    job = due_job()
    channel = failing(Temporary("http_5xx", "crm.example.com answered 500.", answer=Answer(500)))
    deliver(channel, clock)
    job.refresh_from_db()
    assert (job.status, job.last_code, job.last_error) == ("retrying", 500, "crm.example.com answered 500.")
    assert job.next_attempt_at is not None
    assert timedelta(seconds=4) <= job.next_attempt_at - clock.now <= timedelta(seconds=6)
    deliver(channel, clock)
    assert len(channel.ids) == 1
    clock.forward(seconds=7)
    deliver(channel, clock)
    assert channel.ids == [job.id, job.id]


def test_budget_used_up_fails_with_the_last_error(clock: Clock) -> None:
    job = due_job(policy=RetryPolicyFactory.create(waits=[1, 1]))
    channel = failing(Temporary("timeout", "No answer in 15 s."))
    for _ in range(5):
        deliver(channel, clock)
        clock.forward(minutes=1)
    job.refresh_from_db()
    assert len(channel.ids) == 3
    assert (job.status, job.attempts, job.reason) == ("failed", 3, "No answer in 15 s.")
    assert list(job.tries.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize(
    "error",
    [Configuration("not_configured", "No SMTP account is set."), Permanent("smtp_5xx", "Refused: 550.")],
)
def test_final_errors_fail_at_once(error: Exception) -> None:
    job = due_job()
    deliver(failing(error))
    job.refresh_from_db()
    assert (job.status, job.attempts, job.reason) == ("failed", 1, str(error))


@pytest.mark.parametrize(("state", "status"), [("accepted", "delivered"), ("refused", "failed")])
def test_budget_used_up_is_delivered_if_one_recipient_has_it(state: str, status: str) -> None:
    job = due_job(policy=RetryPolicyFactory.create(waits=[]))
    states = {
        "a@example.com": {"state": state, "code": 250},
        "b@example.com": {"state": "deferred", "code": 451},
    }
    deliver(failing(Temporary("smtp_4xx", "1 of 2 recipients were put off for now.", recipients=states)))
    job.refresh_from_db()
    assert (job.status, job.recipients) == (status, states)
    assert job.last_error == "1 of 2 recipients were put off for now."


def test_unknown_is_remembered_on_the_job(clock: Clock) -> None:
    job = due_job()
    deliver(failing(Unknown("timeout", "Sent, and no answer came.")), clock)
    clock.forward(seconds=10)
    deliver(Scripted(), clock)
    job.refresh_from_db()
    assert (job.status, job.had_unknown) == ("delivered", True)


def test_unforeseen_error_is_counted_and_stops_nobody_else() -> None:
    bad, good = due_job(), due_job()

    async def script(parcel: Parcel[Any]) -> Receipt:
        if parcel.id == bad.id:
            raise ZeroDivisionError("with lead value secret@example.com")
        return Receipt()

    deliver(Scripted(script))
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, bad.last_outcome, bad.last_error) == (
        "retrying",
        "internal",
        "Internal error (ZeroDivisionError).",
    )
    assert good.status == "delivered"


def test_settings_that_cannot_be_opened_are_tried_again(settings: Any) -> None:
    job = due_job(DeliverySettingsFactory.create(secrets={"headers": {"X-Key": "k"}}))
    DeliverySettings.objects.update(sealed=b"gAAAA-not-ours")
    deliver(Scripted())
    job.refresh_from_db()
    assert (job.status, job.last_error_class) == ("retrying", "sealed")


def test_partner_limit_holds_over_its_lanes() -> None:
    partner = PartnerFactory.create(in_flight=3)
    lanes = [DeliverySettingsFactory.create(partner=partner, kind=kind) for kind in ("webhook", "portal")]
    for lane in lanes:
        for _ in range(5):
            due_job(lane)
    other = due_job()

    async def slow(_: Parcel[Any]) -> Receipt:
        await asyncio.sleep(0.01)
        return Receipt()

    channel = Scripted(slow)
    assert deliver(channel) == 4
    assert other.id in channel.ids
    assert deliver(channel, turns=4) == 7
    assert channel.peak[partner.pk] == 3
    assert Job.objects.filter(status="delivered").count() == 11


def test_backlog_of_one_lane_does_not_fill_the_claim() -> None:
    big = DeliverySettingsFactory.create(partner=PartnerFactory.create(in_flight=64))
    for _ in range(300):
        due_job(big, lead=LeadFactory.create())
    small = [due_job() for _ in range(5)]
    channel = Scripted()
    deliver(channel)
    assert {job.id for job in small} <= set(channel.ids)


def test_inactive_partner_gets_nothing_and_its_jobs_are_cancelled(clock: Clock) -> None:
    job = due_job()
    Partner.objects.filter(id=job.partner_id).update(active=False)
    channel = Scripted()

    async def run() -> None:
        async with engine(channel, clock) as one:
            assert await one.run_once() == 0
            assert await one.sweep() == 1

    asyncio.run(run())
    job.refresh_from_db()
    assert (job.status, job.reason) == ("cancelled", "The partner was made inactive.")
    assert channel.ids == []


def test_only_ticked_cells_reach_the_channel_opened() -> None:
    entity = EntityFactory.create()
    make_fields(entity, first_name="text", score="number", iban={"encrypted": True}, home="address")
    home = {"street": "Ring", "postcode": "10115"}
    values = {"first_name": "Ann", "score": 7, "home": home}
    lead = LeadFactory.create(entity=entity, values=values, hidden={"iban": "DE02"})
    ticks = {str(entity.pk): {"ticks": ["first_name", "iban", "home.postcode"]}}
    due_job(DeliverySettingsFactory.create(everything=False, per_entity=ticks), lead=lead)
    channel = Scripted()
    deliver(channel)
    (parcel,) = channel.parcels
    assert {cell.key: cell.value for cell in parcel.cells} == {
        "first_name": "Ann",
        "iban": "DE02",
        "home": {"postcode": "10115"},
    }


def test_edited_settings_apply_to_the_next_attempt(clock: Clock) -> None:
    job = due_job()
    channel = failing(Temporary("dns", "No such host."))

    async def run() -> None:
        async with engine(channel, clock) as one:
            await one.run_once()
            row = DeliverySettings.objects.filter(id=job.settings_id)
            await beside(lambda: row.update(version=2, config={"url": "https://new.example.com/"}))
            clock.forward(minutes=1)
            await one.run_once()

    asyncio.run(run())
    assert [parcel.config.url for parcel in channel.parcels] == [
        "https://crm.example.com/leads",
        "https://new.example.com/",
    ]


def test_commit_wakes_a_sleeping_engine_at_once() -> None:
    settings = DeliverySettingsFactory.create()
    lead = LeadFactory.create()
    pick = Placement(lead.pk, None, None, settings.partner_id, settings.pk, settings.kind)
    channel = Scripted()

    async def run() -> None:
        async with engine(channel) as one:
            running = asyncio.create_task(one.run())
            await asyncio.sleep(0.2)
            await beside(lambda: place([pick], at=timezone.now()))
            await channel.got(1)
            one.stop()
            await running

    asyncio.run(run())
    assert Attempt.objects.get().job.status == "delivered"


def test_lanes_that_are_named_keep_no_other_from_its_time() -> None:
    quiet, busy = DeliverySettingsFactory.create(), DeliverySettingsFactory.create()
    due_job(quiet, next_attempt_at=timezone.now() + timedelta(seconds=0.4))
    picks = [
        Placement(LeadFactory.create().pk, None, None, busy.partner_id, busy.pk, busy.kind)
        for _ in range(100)
    ]
    channel = Scripted()

    async def run() -> None:
        async with engine(channel) as one:
            running = asyncio.create_task(one.run())
            await asyncio.sleep(0.2)
            for pick in picks:
                await beside(partial(place, [pick], at=timezone.now()))
                if any(parcel.settings_id == quiet.pk for parcel in channel.parcels):
                    break
            one.stop()
            await running

    asyncio.run(run())
    assert Job.objects.get(settings=quiet).status == "delivered"


def test_a_named_lane_that_keeps_rows_back_is_looked_at_again() -> None:
    lane = DeliverySettingsFactory.create()
    picks = [
        Placement(LeadFactory.create().pk, None, None, lane.partner_id, lane.pk, lane.kind) for _ in range(30)
    ]
    channel = Scripted()

    async def run() -> None:
        async with engine(channel) as one:
            running = asyncio.create_task(one.run())
            await asyncio.sleep(0.2)
            await beside(lambda: place(picks, at=timezone.now()))
            await channel.got(30)
            one.stop()
            await running

    asyncio.run(run())
    assert Job.objects.filter(status="delivered").count() == 30


def test_stop_hands_back_what_was_not_started_and_lets_open_calls_end() -> None:
    partner = PartnerFactory.create(in_flight=64)
    lane = DeliverySettingsFactory.create(partner=partner)
    jobs = [due_job(lane) for _ in range(4)]

    async def slow(_: Parcel[Any]) -> Receipt:
        await asyncio.sleep(0.3)
        return Receipt()

    channel = Scripted(slow)

    async def run() -> None:
        async with engine(channel) as one:
            running = asyncio.create_task(one.run())
            await channel.got(4)
            one.stop()
            await running

    asyncio.run(run())
    assert Job.objects.filter(id__in=[job.id for job in jobs], status="delivered").count() == 4


def test_stop_settles_what_was_sent_as_unknown_and_hands_back_the_rest(settings: Any) -> None:
    settings.GRACE_SECONDS = 0.1
    job, unsent = due_job(), due_job()

    async def hang(parcel: Parcel[Any]) -> Receipt:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if parcel.id == job.id:
                raise Unknown("timeout", "The call was cut off.") from None
            raise
        return Receipt()

    channel = Scripted(hang)

    async def run() -> None:
        async with engine(channel) as one:
            running = asyncio.create_task(one.run())
            await channel.got(2)
            one.stop()
            await running

    asyncio.run(run())
    job.refresh_from_db()
    assert (job.status, job.had_unknown, job.attempts) == ("retrying", True, 1)
    assert job.tries.get().outcome == "unknown"
    unsent.refresh_from_db()
    assert (unsent.status, unsent.attempts) == ("queued", 0)
