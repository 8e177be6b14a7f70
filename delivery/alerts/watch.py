"""Looks after what alerts are opened for; one look that fails keeps no other from being done."""

from collections.abc import Callable, Iterable

import structlog

from leadflip.kit.trace import where

log = structlog.get_logger(__name__)


def run(looks: Iterable[Callable[[], int]]) -> int:
    """Does them all; returns how many alerts were opened."""
    return sum(map(_done, looks))


def _done(look: Callable[[], int]) -> int:
    try:
        return look()
    except Exception as error:
        log.error("watch_failed", look=f"{look.__module__}.{look.__name__}", where=where(error))
        return 0
