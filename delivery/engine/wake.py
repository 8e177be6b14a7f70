"""What wakes the engine: PostgreSQL's NOTIFY, a due time, a freed place, or a poll each second."""

import asyncio
import logging
from contextlib import suppress

import psycopg

from delivery.engine.link import Link
from delivery.services import CHANNEL

logger = logging.getLogger(__name__)

POLL = 1.0


class Wake:
    """One event that all of them set. Clear it, then claim: what comes meanwhile is not lost."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def sleep(self, due: float | None) -> None:
        """Until woken, or `due` seconds, or the poll, whichever is first."""
        seconds = POLL if due is None else min(max(due, 0.001), POLL)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.event.wait()

    async def listen(self, link: Link) -> None:
        """Listens until cancelled; while the database is away the poll serves."""
        while True:
            try:
                connection = await link.open()
                await connection.execute(f"LISTEN {CHANNEL}")
                self.event.set()
                async for _ in connection.notifies():
                    self.event.set()
            except psycopg.OperationalError as error:
                logger.warning("not listening for new jobs: %s", type(error).__name__)
            await link.close()
            await asyncio.sleep(POLL)
