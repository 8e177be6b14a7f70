"""Kept links: handed out newest first, closed after some letters or when idle."""

import threading
import time

from delivery.smtp.account import Account
from delivery.smtp.limits import Limits
from delivery.smtp.link import Link


class Pool:
    """The idle and the busy links of one process. Its methods may be called from any thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._idle: list[tuple[Account, Link]] = []
        self._busy: set[Link] = set()

    def take(self, account: Account) -> Link | None:
        """A kept link of this very account, None if there is none."""
        self.tidy()
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place][0] == account:
                    link = self._idle.pop(place)[1]
                    self._busy.add(link)
                    link.reused = True
                    return link
        return None

    def enter(self, link: Link) -> None:
        """A new link is in use."""
        with self._lock:
            self._busy.add(link)

    def give(self, account: Account, link: Link) -> None:
        """The link is kept, unless it was closed."""
        link.idle_since = time.monotonic()
        with self._lock:
            self._busy.discard(link)
            if link.sock is not None:
                self._idle.append((account, link))
        self.tidy()

    def drop(self, link: Link) -> None:
        """The link is not to be used again."""
        with self._lock:
            self._busy.discard(link)
        link.close()

    def tidy(self) -> None:
        """Closes what is idle for too long or has carried its letters."""
        oldest = time.monotonic() - self._limits.idle
        with self._lock:
            worn = [link for _account, link in self._idle if self._worn(link, oldest)]
            self._idle = [pair for pair in self._idle if pair[1] not in worn]
        for link in worn:
            link.part()

    def close(self) -> None:
        """Closes the idle links and breaks off the busy ones."""
        with self._lock:
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for link in busy:
            link.abort()
        for _account, link in idle:
            link.part()

    def _worn(self, link: Link, oldest: float) -> bool:
        return link.letters >= self._limits.messages or link.idle_since <= oldest
