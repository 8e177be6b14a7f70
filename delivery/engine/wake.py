"""What wakes the engine: PostgreSQL's NOTIFY, a due time, a freed place, or a poll each second."""

import asyncio
import logging
from contextlib import suppress

import psycopg

from delivery.engine.link import Link
from delivery.waking import CHANNEL

logger = logging.getLogger(__name__)

POLL = 1.0
# Places that are freed within this time are filled by one claim.
SOON = 0.005


class Wake:
    """One event that all of them set. Take what it says, then claim: what comes meanwhile is not lost."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._named: set[int] = set()
        self._any = False
        self._soon: asyncio.TimerHandle | None = None

    def now(self) -> None:
        """Wakes: any lane may have something."""
        self._any = True
        self.event.set()

    def taken(self) -> frozenset[int]:
        """The lanes that were named since it was last asked; none of them: any may have something."""
        named = frozenset() if self._any else frozenset(self._named)
        self._named.clear()
        self._any = False
        self.event.clear()
        return named

    def soon(self) -> None:
        """Wakes in a moment: what follows within it is served by the same claim."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(SOON, self._now)

    def _now(self) -> None:
        self._soon = None
        self.now()

    async def sleep(self, *times: float | None) -> bool:
        """Until woken, or the first of these times (seconds from now), or the poll; whether it was woken."""
        seconds = min([max(time, 0.001) for time in times if time is not None], default=POLL)
        seconds = min(seconds, POLL)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.event.wait()
        return self.event.is_set()

    async def listen(self, link: Link) -> None:
        """Listens until cancelled; while the database is away the poll serves."""
        while True:
            try:
                connection = await link.open()
                await connection.execute(f"LISTEN {CHANNEL}")
                self.now()
                async for notice in connection.notifies():
                    self._hear(notice.payload)
            except psycopg.OperationalError as error:
                logger.warning("not listening for new jobs: %s", type(error).__name__)
            await link.close()
            await asyncio.sleep(POLL)

    def _hear(self, payload: str) -> None:
        if payload.isdecimal():
            self._named.add(int(payload))
            self.event.set()
        else:
            self.now()
