"""A Celery task that does nothing but say when it began: from publishing to there is one hop.

Its app is its own, on the measure's broker: one prefork process on the worker's core.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from celery import Celery

from bench.parts.processes import running, wait_for
from leadflip.run.state import State

DATABASE = 6
BEGAN = "began"
COMMAND = [sys.executable, "-m", "celery", "-A", "bench.anchors.celery_hop", "worker", "--concurrency", "1"]
COMMAND += ["--without-gossip", "--without-mingle", "--hostname", "hop@127.0.0.1"]

app = Celery("hop", broker=os.environ.get("HOP_BROKER"))
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@app.task
def noop(name: str) -> None:
    """Writes down when it began, and when that is known."""
    at = time.time()
    _redis().hset(BEGAN, name, at)


def _redis() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(os.environ["HOP_BROKER"], decode_responses=True)
    return _client


_client: redis.Redis | None = None


class Hop:
    """Publishes, and tells when each task began."""

    def __init__(self) -> None:
        _redis().flushdb()

    def publish(self, name: str, countdown: float | None = None) -> float:
        """Publishes one task; the moment before that, or the moment at which it is due."""
        at = time.time()
        noop.apply_async((name,), countdown=countdown)
        return at + (countdown or 0)

    def began(self, count: int, seconds: float = 60) -> dict[str, float]:
        """When each of `count` tasks began; forgets them. Raises TimeoutError."""
        wait_for(lambda: _redis().hlen(BEGAN) >= count, f"{count} Celery tasks", seconds)
        times = {name: float(at) for name, at in _redis().hgetall(BEGAN).items()}
        _redis().delete(BEGAN)
        return times


@contextmanager
def hop(state: State) -> Iterator[Hop]:
    """A Celery worker that has run its first tasks."""
    url = str(state.redis_url(DATABASE))
    os.environ["HOP_BROKER"] = url
    app.conf.broker_url = url
    one = Hop()
    with running("hop", COMMAND, worker=True):
        for number in range(5):
            one.publish(f"warm-up {number}")
        one.began(5)
        yield one
