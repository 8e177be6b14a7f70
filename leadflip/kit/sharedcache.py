"""The cache that all processes share, in Redis; while that is away, each process has its own.

What is counted in it (attempts to sign in) stays counted, by process, and nobody is shut out.
"""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = structlog.get_logger(__name__)
# Seconds: the longest wait for an answer, and how long Redis is then left alone.
PATIENCE, PAUSE = 0.5, 5.0
ENTRIES = 100_000
QUICK = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}


def _either(method: str) -> Callable[..., Any]:
    def ask(self: "SharedCache", *args: Any, **kwargs: Any) -> Any:
        return self.ask(method, *args, **kwargs)

    return ask


class SharedCache(RedisCache):
    """Django's cache in Redis with a fallback in memory; no method raises because Redis is away."""

    # Of the process: Django makes a cache object for each thread.
    away_until = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {**QUICK, "retry": Retry(NoBackoff(), 0), **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})
        self._own = LocMemCache(f"beside {server}", {**params, "OPTIONS": {"MAX_ENTRIES": ENTRIES}})

    add, get, set, touch, delete = map(_either, ("add", "get", "set", "touch", "delete"))
    get_many, set_many, delete_many = map(_either, ("get_many", "set_many", "delete_many"))
    has_key, incr, clear = map(_either, ("has_key", "incr", "clear"))

    def ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One of Redis's answers, or our own memory's while Redis is away."""
        if time.monotonic() >= SharedCache.away_until:
            try:
                return getattr(super(), method)(*args, **kwargs)
            except (RedisError, OSError) as error:
                SharedCache.away_until = time.monotonic() + PAUSE
                logger.warning("shared_cache_away", error=type(error).__name__, seconds=PAUSE)
        return getattr(self._own, method)(*args, **kwargs)
