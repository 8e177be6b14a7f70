"""Threads for what is not asyncio's: Django's ORM."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")

RESTED = 5.0  # seconds
_used = threading.local()


class Threads:
    """A few named threads, each with Django connections of its own, closed with it."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, from one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: _fresh(function, *args, **kwargs))

    async def close(self) -> None:
        """Closes each thread's connections and ends the threads; waits for what they are doing."""
        loop = asyncio.get_running_loop()
        meeting = threading.Barrier(self._most)
        await asyncio.gather(
            *(loop.run_in_executor(self._pool, _close_own, meeting) for _ in range(self._most))
        )
        await asyncio.to_thread(self._pool.shutdown)


def _fresh(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Asks whether its connections still live after a rest only: the question costs a round trip."""
    if time.monotonic() - getattr(_used, "at", 0) > RESTED:
        close_old_connections()
    try:
        return function(*args, **kwargs)
    except Exception:
        close_old_connections()
        raise
    finally:
        _used.at = time.monotonic()


def _close_own(meeting: threading.Barrier) -> None:
    # They meet first, so that no thread runs this twice while another never does.
    with suppress(threading.BrokenBarrierError):
        meeting.wait(1)
    connections.close_all()
