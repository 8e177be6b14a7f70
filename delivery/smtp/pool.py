"""Kept links: handed out newest first, closed after some letters or when idle."""

import asyncio
import time

from delivery.smtp.account import Account
from delivery.smtp.limits import Limits
from delivery.smtp.link import Link


class Pool:
    """The idle and the busy links of one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: list[tuple[Account, Link]] = []
        self._busy: set[Link] = set()
        self._parting: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> int:
        """How many links wait for a letter."""
        return len(self._idle)

    def take(self, account: Account) -> Link | None:
        """A kept link of this very account, None if there is none."""
        self.tidy()
        for place in range(len(self._idle) - 1, -1, -1):
            if self._idle[place][0] == account:
                link = self._idle.pop(place)[1]
                self._busy.add(link)
                link.reused = True
                return link
        return None

    def enter(self, link: Link) -> None:
        """A new link is in use."""
        self._busy.add(link)

    def give(self, account: Account, link: Link) -> None:
        """The link is kept, unless it was closed."""
        link.idle_since = time.monotonic()
        self._busy.discard(link)
        if not link.gone:
            self._idle.append((account, link))
        self.tidy()

    def drop(self, link: Link) -> None:
        """The link is not to be used again."""
        self._busy.discard(link)
        link.close()

    def tidy(self) -> None:
        """Closes what is idle for too long or has carried its letters."""
        oldest = time.monotonic() - self._limits.idle
        worn = [pair for pair in self._idle if self._worn(pair[1], oldest)]
        if not worn:
            return
        self._idle = [pair for pair in self._idle if pair not in worn]
        for _account, link in worn:
            task = asyncio.create_task(link.part())
            self._parting.add(task)
            task.add_done_callback(self._parting.discard)

    async def close(self) -> None:
        """Closes the idle links and breaks off the busy ones."""
        for link in self._busy:
            link.close()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(link.part() for _account, link in idle), *self._parting)
        # What was broken off is closed by the loop's next turn, which may be its last.
        await asyncio.sleep(0)

    def _worn(self, link: Link, oldest: float) -> bool:
        return link.gone or link.letters >= self._limits.messages or link.idle_since <= oldest
