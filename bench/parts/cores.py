"""The worker alone on one core; servers, receiver and driver on the others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

CAN_PIN = hasattr(os, "sched_setaffinity")
ALL = frozenset(os.sched_getaffinity(0)) if CAN_PIN else frozenset()
WORKER = frozenset(sorted(ALL)[:1])
OTHERS = ALL - WORKER


def pinned() -> bool:
    """Whether this machine lets us part its cores."""
    return bool(OTHERS)


def take_others() -> None:
    """This process, and what it starts from here on, leaves the worker's core alone."""
    if pinned():
        os.sched_setaffinity(0, OTHERS)


def move(pid: int) -> None:
    """A running process leaves the worker's core; its later children inherit that."""
    if pinned():
        os.sched_setaffinity(pid, OTHERS)


@contextmanager
def for_worker() -> Iterator[None]:
    """What is started in here runs on the worker's core only."""
    if not pinned():
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, WORKER)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def words() -> str:
    """How this run was pinned."""
    if pinned():
        return f"worker on core {min(WORKER)}, the rest on {','.join(map(str, sorted(OTHERS)))}"
    return "NOT PINNED: this machine has one core, or no sched_setaffinity; compare with care"
