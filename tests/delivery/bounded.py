"""A bound on what a hostile input may cost."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

MIB = 1024 * 1024


@contextmanager
def bounded(seconds: float = 2, mib: int = 64) -> Iterator[None]:
    """Fails where what is done inside takes more processor time, or raises the process's peak by more."""
    began, peak = time.process_time(), _peak()
    yield
    spent, grown = time.process_time() - began, _peak() - peak
    assert spent < seconds, spent
    assert grown < mib * MIB, grown / MIB


def _peak() -> int:
    """Bytes of memory that this process had at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
