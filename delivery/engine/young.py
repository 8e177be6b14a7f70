"""Who may begin: calls just begun are few at once, and a lane's first goes before another's fourth.

Where a call ended the next one begins at once. Places that are free otherwise are filled one in a round of
the loop: two hundred partners that hang would else keep everything waiting while they begin.
"""

import asyncio
from heapq import heappop, heappush
from itertools import count
from types import TracebackType

# Claimed rows that may wait here before no more are claimed.
QUEUE = 200


class Young:
    """Lets `places` calls be under `age` seconds old at once; an older one no longer counts.

    Quick partners so keep a small, cheap concurrency, and slow ones wait outside of it. `calm` is set
    while few wait.
    """

    def __init__(self, places: int, age: float = 0.010) -> None:
        self._free = places
        self._age = age
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._granting = False
        self.calm = asyncio.Event()
        self.calm.set()

    async def enter(self, rank: int) -> "Youth":
        """Waits for a place, the lowest rank first; close what it returns at the end of the call."""
        place = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (rank, next(self._order), place))
        if len(self._waiting) > QUEUE:
            self.calm.clear()
        self._grant_soon()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.grow_old()
            raise
        return Youth(self, self._age)

    def end(self) -> None:
        """A young call ended: the next one has its place now."""
        self._free += 1
        self._give()

    def grow_old(self) -> None:
        """A call holds its place no longer: the next one has it in turn."""
        self._free += 1
        self._grant_soon()

    def _grant_soon(self) -> None:
        if not self._granting and self._free and self._waiting:
            self._granting = True
            asyncio.get_running_loop().call_soon(self._grant)

    def _grant(self) -> None:
        self._granting = False
        self._give()
        self._grant_soon()

    def _give(self) -> None:
        while self._free and self._waiting:
            place = heappop(self._waiting)[2]
            if not place.done():
                place.set_result(None)
                self._free -= 1
                break
        if len(self._waiting) <= QUEUE:
            self.calm.set()


class Youth:
    """One held place: given back once, by age or at the end of the call, whichever is first."""

    def __init__(self, young: Young, age: float) -> None:
        self._young = young
        self._timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(age, self._give)

    def _give(self) -> None:
        self._timer = None
        self._young.grow_old()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._young.end()
