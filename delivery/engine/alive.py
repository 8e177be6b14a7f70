"""The engine's sign of life: its own row, written every two seconds by the database's clock."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import psycopg

from delivery.engine.link import Link
from delivery.models import Engine

logger = logging.getLogger(__name__)

EVERY = 2.0
# A sign later than this came out of a pause: of this process, or of the database.
LATE = 3 * EVERY
REMOVED_AFTER = 86_400

BEAT = """
WITH gone AS (
    DELETE FROM delivery_engine
    WHERE id <> %(id)s AND seen_at < now() - %(removed_after)s * interval '1 second'
)
INSERT INTO delivery_engine (id, host, pid, started_at, seen_at, in_flight, clock_off)
VALUES (%(id)s, %(host)s, %(pid)s, now(), now(), %(in_flight)s,
        extract(epoch FROM clock_timestamp()) - %(clock)s::float8)
ON CONFLICT (id) DO UPDATE
SET seen_at = excluded.seen_at, in_flight = excluded.in_flight, clock_off = excluded.clock_off
RETURNING clock_off
"""

LEAVE = "DELETE FROM delivery_engine WHERE id = %(id)s"


class Alive:
    """Writes the row of engine `id` on a connection of its own, which no claim holds up."""

    def __init__(self, link: Link, id: UUID, in_flight: Callable[[], int]) -> None:
        self._link = link
        self._id = id
        self._in_flight = in_flight
        self._left = False
        self._since: float | None = None
        self._last = 0.0
        self._clock_off = False

    async def run(self) -> None:
        """Beats until cancelled or left."""
        while not self._left:
            try:
                await self.beat()
            except psycopg.Error as error:
                self._since = None
                logger.warning("no sign of life: %s", type(error).__name__)
            await asyncio.sleep(EVERY)

    async def beat(self) -> None:
        """Writes one sign of life. Raises psycopg.OperationalError."""
        ((off,),) = await self._link.fetch(
            BEAT,
            {
                "id": self._id,
                "host": socket.gethostname()[:255],
                "pid": os.getpid(),
                "in_flight": self._in_flight(),
                "clock": time.time(),
                "removed_after": REMOVED_AFTER,
            },
        )
        self._note(asyncio.get_running_loop().time())
        self._compare(off)

    def may_judge(self) -> bool:
        """Whether others' silence is theirs: our own signs came on time for as long as they may be silent.

        After the database was away every row looks silent, also those of engines in good health.
        """
        if self._since is None:
            return False
        now = asyncio.get_running_loop().time()
        return now - self._last <= LATE and now - self._since >= Engine.UNSEEN

    async def leave(self) -> None:
        """Removes the row at the end; without the database it stays, and is removed after a day."""
        self._left = True
        with suppress(psycopg.Error, TimeoutError):
            async with asyncio.timeout(EVERY):
                await self._link.fetch(LEAVE, {"id": self._id})

    def _note(self, now: float) -> None:
        if self._since is None or now - self._last > LATE:
            self._since = now
        self._last = now

    def _compare(self, off: float) -> None:
        was, self._clock_off = self._clock_off, abs(off) > Engine.CLOCK_OFF
        if self._clock_off and not was:
            logger.warning(
                "this machine's clock is %.0f s %s the database's: due times follow the database's, "
                "signatures carry ours and may be refused",
                abs(off),
                "behind" if off > 0 else "ahead of",
            )
