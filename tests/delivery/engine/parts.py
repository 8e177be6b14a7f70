"""What engine tests share: rows to deliver, an engine whose time moves, and a scripted channel."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from delivery.channels import Channels
from delivery.channels.base import Message, Parcel, Receipt
from delivery.engine.engine import Engine
from delivery.models import Job
from delivery.threads import Threads
from partners.models import DeliverySettings
from tests.factories import DeliverySettingsFactory, LeadFactory

Script = Callable[[Parcel[Any]], Awaitable[Receipt]]


async def delivered(_: Parcel[Any]) -> Receipt:
    return Receipt()


class Scripted:
    """A channel at the engine's seam that does what the test says, and remembers what it was given."""

    def __init__(self, script: Script = delivered) -> None:
        self.script = script
        self.parcels: list[Parcel[Any]] = []
        self.open: dict[int, int] = defaultdict(int)
        self.peak: dict[int, int] = defaultdict(int)
        self._more = asyncio.Event()

    async def got(self, count: int) -> None:
        """Returns once so many parcels have come; a test that waits in vain fails after 10 s."""
        async with asyncio.timeout(10):
            while len(self.parcels) < count:
                self._more.clear()
                await self._more.wait()

    def render(self, parcel: Parcel[Any]) -> Message:
        return Message(body=str(parcel.cells).encode())

    async def send(self, message: Message, parcel: Parcel[Any]) -> Receipt:
        self.parcels.append(parcel)
        self._more.set()
        partner = parcel.partner_id
        self.open[partner] += 1
        self.peak[partner] = max(self.peak[partner], self.open[partner])
        try:
            return await self.script(parcel)
        finally:
            self.open[partner] -= 1

    @property
    def ids(self) -> list[UUID]:
        return [parcel.id for parcel in self.parcels]


class Clock:
    """Database time as the engine is told it; starts at the present and moves only by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def engine(channel: Scripted, clock: Callable[[], datetime | None] = lambda: None) -> Engine:
    """An engine whose three kinds are all the scripted channel."""
    return Engine(
        clock=clock, channels=Channels.fixed(dict.fromkeys(("email", "webhook", "portal"), channel))
    )


def deliver(channel: Scripted, clock: Callable[[], datetime | None] = lambda: None, turns: int = 1) -> int:
    """Runs so many turns of one engine; returns how many rows it claimed."""

    async def run() -> int:
        async with engine(channel, clock) as one:
            return sum([await one.run_once() for _ in range(turns)])

    return asyncio.run(run())


def due_job(settings: DeliverySettings | None = None, **fields: Any) -> Job:
    """A queued job with its lead, due now unless `next_attempt_at` says otherwise."""
    row = settings or DeliverySettingsFactory.create()
    now = timezone.now() - timedelta(seconds=1)
    defaults = {"partner": row.partner, "settings": row, "kind": row.kind, "next_attempt_at": now}
    if "lead" not in fields:
        fields["lead"] = LeadFactory.create()
    return Job.objects.create(**{**defaults, "budget_due": now, **fields})


async def beside(function: Callable[[], Any]) -> Any:
    """Runs database work of the test beside the loop; leaves no connection behind."""
    threads = Threads(1, "test")
    try:
        return await threads.run(function)
    finally:
        await threads.close()
