"""The engine's loop. `run()` repeats what `run_once()` does once: claim, send, settle.

One process holds many calls: each claimed row is a task of its own. Nothing here talks to the
broker, and no network call happens inside a transaction.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg
from django.conf import settings

from delivery.channels import Channels
from delivery.channels.base import Channel
from delivery.engine.alive import Alive
from delivery.engine.attempt import Attempt
from delivery.engine.claim import Claimed, claim, next_due
from delivery.engine.health import escalate
from delivery.engine.lanes import Lanes
from delivery.engine.lease import cancel_inactive, expire, hand_back, sweep
from delivery.engine.link import Link
from delivery.engine.news import News
from delivery.engine.prepare import Make, Preparer
from delivery.engine.settle import Settler
from delivery.engine.wake import POLL, SOON, Wake
from delivery.engine.young import Young
from delivery.threads import Threads

logger = logging.getLogger(__name__)

# Rows of one claim: the first of a quick partner wait behind so many of slow ones.
CLAIM = 100
# A claim of fewer found all there was.
FEW = 16
# Claims whose leads are being read; more would only hold rows.
AHEAD = 2
PAUSE = 0.5


class Engine:
    """One worker's engine; use as an async context manager.

    `clock` moves time in tests (None: the database's clock decides); `channels` replaces the
    connections that the process would open.
    """

    def __init__(
        self, *, clock: Callable[[], datetime | None] = lambda: None, channels: Channels | None = None
    ) -> None:
        self._clock = clock
        self._channels = channels or Channels()
        self._claims, self._writes, self._ears = Link("claim"), Link("settle"), Link("listen")
        self.id, self._pulse = uuid4(), Link("alive")
        self._alive = Alive(self._pulse, self.id, lambda: len(self._calls))
        self._wake = Wake()
        self._lanes = Lanes(settings.ENGINE_CAPACITY, self._email_places, self._wake.soon)
        self._young = Young(settings.ENGINE_YOUNG)
        self._preparer = Preparer()
        self._thread = Threads(1, "prepare")
        self._settler = Settler(self._writes, clock)
        self._news = News(self._settler.ended_badly)
        self._starting: set[asyncio.Task[None]] = set()
        self._calls: dict[asyncio.Task[None], Attempt] = {}
        self._after = 0
        # When all lanes are looked at again, in the loop's time; until then those that are named.
        self._round_at = 0.0
        self._stopping = False
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for link in (self._claims, self._writes, self._ears, self._pulse):
            self._stack.push_async_callback(link.close)
        self._stack.push_async_callback(self._thread.close)
        self._stack.push_async_callback(self._news.close)
        self._kinds: Mapping[str, Channel[Any]] = await self._stack.enter_async_context(self._channels)
        self._background(self._settler.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def stop(self) -> None:
        """Claims nothing more; `run()` returns when what is open has ended or the grace is over."""
        self._stopping = True
        self._wake.now()

    async def run(self) -> None:
        """Delivers until `stop()`."""
        self._background(self._alive.run())
        self._background(self._wake.listen(self._ears))
        self._background(self._sweeping())
        self._background(self._news.run())
        while not self._stopping:
            try:
                await self._turn()
            except psycopg.OperationalError as error:
                logger.warning("waiting for the database: %s", type(error).__name__)
                await asyncio.sleep(PAUSE)
        await self._finish()

    async def run_once(self, only: UUID | None = None) -> int:
        """Claims what is due, once, sends and settles it; returns how many rows were claimed.

        With `only` that is this job, if it is due and has a place, or nothing.
        """
        claimed = await self._claim(only)
        while self._starting or self._calls:
            await asyncio.wait([*self._starting, *self._calls])
        await self._settler.drained()
        return len(claimed)

    async def sweep(self) -> int:
        """Ends claims that nobody will settle and jobs that wait for nothing; returns how many."""
        now = self._clock()
        swept = await sweep(self._claims, now, early=self._alive.may_judge())
        await escalate(self._claims, now)
        return swept + await cancel_inactive(self._claims, now) + await expire(self._claims, now)

    def _email_places(self) -> int:
        places: int = getattr(self._kinds["email"], "places", settings.ENGINE_CAPACITY)
        return places

    async def _turn(self) -> None:
        await self._young.calm.wait()
        if len(self._starting) >= AHEAD:
            await asyncio.wait(self._starting, return_when=asyncio.FIRST_COMPLETED)
        named = self._wake.taken()
        loop = asyncio.get_running_loop()
        if named and loop.time() < self._round_at:
            await self._named_turn(named)
            return
        self._round_at = 0.0
        claimed = await self._claim()
        if len(claimed) >= FEW or self._stopping:
            return
        # What is left waits for a place or its time, so not at once again: a claim costs more than a row.
        if claimed and await self._wake.sleep(SOON):
            return
        room = self._lanes.room(CLAIM)
        full = self._lanes.full_partners()
        due = await next_due(self._claims, room, full, self._clock()) if room.free else None
        self._round_at = loop.time() + (POLL if due is None else min(due, POLL))
        await self._rest()

    async def _named_turn(self, named: frozenset[int]) -> None:
        """Claims from lanes that were named; what they keep back is looked at with all the others."""
        claimed = await self._claim(named=named)
        if len(claimed) < FEW and {row.settings_id for row in claimed} == named:
            await self._rest()
        else:
            self._round_at = 0.0

    async def _rest(self) -> None:
        left = self._round_at - asyncio.get_running_loop().time()
        await self._wake.sleep(left, self._lanes.next_token())

    async def _claim(self, only: UUID | None = None, named: frozenset[int] = frozenset()) -> list[Claimed]:
        room = self._lanes.room(CLAIM)
        if room.free <= 0:
            return []
        claimed = await claim(self._claims, room, self._after, self._clock(), self.id, only, named)
        if claimed:
            if not named:
                self._after = max(row.settings_id for row in claimed)
            for row in claimed:
                self._lanes.enter(row)
            # The next claim need not wait until the leads of this one are read.
            task = asyncio.create_task(self._start(claimed))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)
        return claimed

    async def _start(self, claimed: list[Claimed]) -> None:
        try:
            parcels = await self._thread.run(self._preparer.read, claimed)
        except Exception as error:
            # The database's trouble, not the rows': back with them, uncharged.
            logger.warning("could not prepare %d jobs: %s", len(claimed), type(error).__name__)
            for row in claimed:
                self._lanes.leave(row)
            # With the database away their leases bring them back.
            with suppress(psycopg.OperationalError):
                await hand_back(self._claims, claimed, wait=1, now=self._clock())
            return
        for row, parcel in zip(claimed, parcels, strict=True):
            attempt = Attempt(row)
            task = asyncio.create_task(self._call(attempt, parcel))
            self._calls[task] = attempt
            task.add_done_callback(self._ended)

    async def _call(self, attempt: Attempt, parcel: Make) -> None:
        with await self._young.enter(self._lanes.calls(attempt.row)):
            result = await attempt.run(self._kinds[attempt.row.kind], parcel)
        self._lanes.learn(attempt.row, result)
        self._settler.put(result)

    def _ended(self, task: asyncio.Task[None]) -> None:
        attempt = self._calls.pop(task)
        self._lanes.leave(attempt.row)

    async def _sweeping(self) -> None:
        while True:
            try:
                if await self.sweep():
                    self._wake.now()
            except psycopg.OperationalError as error:
                logger.warning("sweeping waits for the database: %s", type(error).__name__)
            await asyncio.sleep(settings.SWEEP_SECONDS)

    async def _finish(self) -> None:
        if self._starting:
            await asyncio.wait(self._starting, timeout=settings.GRACE_SECONDS)
        await self._cut([task for task, call in self._calls.items() if not call.sending])
        if self._calls:
            await asyncio.wait(self._calls, timeout=settings.GRACE_SECONDS)
        await self._cut(list(self._calls))
        # With the database away the leases keep what could not be written.
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.GRACE_SECONDS):
                await self._settler.drained()
        await self._alive.leave()

    async def _cut(self, tasks: list[asyncio.Task[None]]) -> None:
        """Ends calls. One that may have been received settles as `unknown`, the others go back."""
        rows = [self._calls[task].row for task in tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        unsent = [row for row, task in zip(rows, tasks, strict=True) if task.cancelled()]
        if unsent:
            await hand_back(self._claims, unsent, now=self._clock())

    def _background(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._stack.push_async_callback(_end, task)


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
