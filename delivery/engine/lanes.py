"""How many calls are open, in all and for each partner, and how many e-mails."""

import asyncio
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from delivery.engine.claim import Claimed, Room


class Lanes:
    """Counts what is in flight, and says when a place was freed that somebody waits for.

    A partner's limit holds over all its lanes together. Limits are a process's: nothing is counted
    across machines.
    """

    def __init__(self, capacity: int, email_places: Callable[[], int], freed: asyncio.Event) -> None:
        self.capacity = capacity
        self.email_places = email_places
        self.partners: Counter[int] = Counter()
        self.email = 0
        self.total = 0
        self._freed = freed
        self._limits: dict[int, int] = {}

    def room(self, most: int) -> Room:
        """What may be claimed now, at most `most` rows."""
        return Room(
            free=min(self.capacity - self.total, most),
            email=self.email_places() - self.email,
            in_flight=self.partners,
            full=[partner for partner, calls in self.partners.items() if calls >= self._limits[partner]],
        )

    def enter(self, row: Claimed) -> None:
        """A claimed row takes its places."""
        self.total += 1
        self.partners[row.partner_id] += 1
        self._limits[row.partner_id] = row.partner_limit
        if row.kind == "email":
            self.email += 1

    def leave(self, row: Claimed) -> None:
        """A row gives its places back, and wakes the claim if the place was one that rows wait for.

        Only then: waking at every end would make hanging partners cost the healthy ones.
        """
        full = self.partners[row.partner_id] >= self._limits[row.partner_id]
        self.total -= 1
        self.partners[row.partner_id] -= 1
        if not self.partners[row.partner_id]:
            del self.partners[row.partner_id], self._limits[row.partner_id]
        if row.kind == "email":
            full = full or self.email >= self.email_places()
            self.email -= 1
        if full or self.total == self.capacity - 1:
            self._freed.set()


class Young:
    """Lets `places` calls be under `age` seconds old at once; an older one no longer counts.

    Quick partners so keep a small, cheap concurrency, and slow ones wait outside of it.
    """

    def __init__(self, places: int, age: float = 0.010) -> None:
        self._places = asyncio.Semaphore(places)
        self._age = age
        self.waiting = 0
        self.calm = asyncio.Event()
        self.calm.set()

    async def enter(self) -> "Youth":
        """Waits for a place; close what it returns at the end of the call."""
        self.waiting += 1
        if self.waiting > 50:
            self.calm.clear()
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
            if self.waiting <= 50:
                self.calm.set()
        return Youth(self._places, self._age)


class Youth:
    """One held place: given back once, by age or at the end of the call, whichever is first."""

    def __init__(self, places: asyncio.Semaphore, age: float) -> None:
        self._places = places
        self._timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(age, self._give)

    def _give(self) -> None:
        self._timer = None
        self._places.release()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._give()
