"""The engine goes on when the database's connections are cut, and when nudges are lost or doubled."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from delivery.channels.base import Parcel, Receipt
from delivery.models import Job
from delivery.waking import wake
from tests.delivery.engine.parts import Scripted, beside, due_job, engine

pytestmark = pytest.mark.django_db(transaction=True)


def cut() -> int:
    """Ends each of the engine's connections; returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'leadflip %'"
        )
        (count,) = cursor.fetchone()
    return int(count)


def all_delivered() -> bool:
    return not Job.objects.exclude(status="delivered").exists()


async def until(what: Callable[[], bool]) -> None:
    for _ in range(200):
        if await beside(what):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nothing after 10 s")


def test_connections_cut_between_send_and_settle_settle_once_when_back() -> None:
    first, second = due_job(), due_job(next_attempt_at=timezone.now() + timedelta(seconds=1))
    cuts: list[int] = []

    async def script(parcel: Parcel[Any]) -> Receipt:
        if parcel.id == second.pk:
            cuts.append(await beside(cut))
        return Receipt()

    channel = Scripted(script)

    async def run() -> None:
        async with engine(channel) as one:
            running = asyncio.create_task(one.run())
            await until(all_delivered)
            one.stop()
            await running

    asyncio.run(run())
    assert cuts[0] >= 2
    assert channel.ids == [first.pk, second.pk]
    assert [job.tries.count() for job in (first, second)] == [1, 1]
    assert not Job.objects.filter(had_unknown=True).exists()


@pytest.mark.parametrize("nudges", [0, 10])
def test_nudges_lost_or_doubled_deliver_once(nudges: int) -> None:
    channel = Scripted()

    def place() -> None:
        due_job()
        for _ in range(nudges):
            wake()

    async def run() -> None:
        async with engine(channel) as one:
            running = asyncio.create_task(one.run())
            await asyncio.sleep(0.2)
            await beside(place)
            await channel.got(1)
            await until(all_delivered)
            one.stop()
            await running

    asyncio.run(run())
    assert len(channel.ids) == 1
    assert Job.objects.get().tries.count() == 1
