"""What several parts do together when a destination fails: real servers, and the books afterwards."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from delivery.engine import news
from delivery.engine.engine import Engine
from delivery.models import Job, Lane
from delivery.services import not_received
from partners.models import DeliverySettings
from tests import factories as f
from tests.delivery.engine.parts import Clock, due_job
from tests.distribution.capped import in_force, placed, routed, use
from tests.servers.behaviours import empty, reply
from tests.servers.http import HttpServer
from tests.servers.smtp import SILENT, SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)


def deliver(clock: Clock) -> None:
    async def run() -> None:
        async with Engine(clock=clock) as engine:
            await engine.run_once()

    asyncio.run(run())


def tell() -> None:
    while news.tell().told:
        pass


def test_doubt_and_then_refusals_keep_lead_and_place_until_somebody_says(host: HttpServer) -> None:
    rows = in_force({"cap_life": 1}, {}, failover=True)
    for row in rows:
        config = {**f.CONFIGS["webhook"], "url": f"{host.url}{row.pk}"}
        DeliverySettings.objects.filter(assignments=row).update(config=config)
    host.script(empty())  # it closes once it has read the request
    host.default = reply(500)
    routed(rows[0].profile.entity)
    clock = Clock(timezone.now() + timedelta(seconds=1))
    job = Job.objects.get()
    while job.status != "failed":
        deliver(clock)
        Lane.objects.all().delete()  # the budget is meant here, not the breaker
        clock.forward(hours=15)
        job.refresh_from_db()
        assert job.attempts <= 8
    tell()
    outcomes = list(job.tries.order_by("number").values_list("outcome", flat=True))
    assert outcomes == ["unknown", *["temporary"] * 7]
    assert (placed(rows[1]), use(rows[0])[3]) == (0, 1)
    assert {request.path for request in host.requests} == {f"/{rows[0].pk}"}
    not_received(job_id=job.pk, by=f.UserFactory.create())
    tell()
    assert (placed(rows[1]), use(rows[0])[3]) == (1, 0)


@pytest.mark.parametrize("verb", ["GREETING", "."])
def test_mail_server_that_does_not_answer_leaves_webhooks_alone(host: HttpServer, verb: str) -> None:
    partner = f.PartnerFactory.create()  # the same partner, on both channels
    with SmtpServer() as smtp:
        smtp.on(verb, SILENT, times=None)
        f.SmtpAccountFactory.create(port=smtp.port)
        letters = f.DeliverySettingsFactory.create(partner=partner, kind="email", config=f.CONFIGS["email"])
        calls = f.DeliverySettingsFactory.create(
            partner=partner, config={**f.CONFIGS["webhook"], "url": host.url}
        )
        for _ in range(20):
            due_job(letters)
        for _ in range(30):
            due_job(calls)

        async def run() -> None:
            async with Engine() as engine:
                running = asyncio.create_task(engine.run())
                await asyncio.to_thread(smtp.waiting.wait, 10)
                await asyncio.to_thread(host.wait, 30, 20)
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                # No letter has ended: the calls did not wait for one.
                assert not smtp.mails
                smtp.hang_up()

        asyncio.run(asyncio.wait_for(run(), 60))
    assert {request.header("webhook-id") for request in host.requests} == {
        str(job.pk) for job in Job.objects.filter(settings=calls)
    }
