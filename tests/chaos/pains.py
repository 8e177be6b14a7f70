"""What happens to the installation while leads come in, and when."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import redis
from django.db.models.functions import Now

from delivery.models import Engine
from leadflip.run.terminal import say
from tests.chaos.books import Happened
from tests.chaos.world import World, forget_connections

SEEN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Pain:
    """`at`: seconds after the first lead."""

    at: float
    name: str
    act: Callable[[World], str]
    cuts: bool = False


def kill_engine(world: World) -> str:
    """The newest engine that gave a sign of life in our own database."""
    engine = Engine.objects.filter(seen_at__gt=Now() - SEEN).latest("started_at")
    os.kill(engine.pid, signal.SIGKILL)
    return f"process {engine.pid}, {engine.in_flight} calls under way at its last sign of life"


def kill_worker(world: World) -> str:
    """With its children; the engine, in a session of its own, is orphaned."""
    return _kill_group(world.pid("worker"))


def kill_web(world: World) -> str:
    """With its children."""
    return _kill_group(world.pid("web"))


def stop_broker(world: World) -> str:
    """Flushed first: what it held is gone for good."""
    url = world.state.redis_url()
    assert url is not None
    with redis.Redis.from_url(url) as client:
        client.flushall()
    world.server("valkey").stop()
    return "everything in it gone"


def start_broker(world: World) -> str:
    world.server("valkey").ensure()
    return ""


def restart_database(world: World) -> str:
    """Fast: open transactions are rolled back, connections are cut."""
    began = time.monotonic()
    forget_connections()
    world.server("postgres").stop()
    world.server("postgres").ensure()
    return f"away for {time.monotonic() - began:.1f} s"


SCHEDULE = (
    Pain(8, "SIGKILL engine", kill_engine, cuts=True),
    Pain(18, "SIGKILL worker", kill_worker, cuts=True),
    Pain(28, "SIGKILL web", kill_web),
    Pain(34, "broker flushed and stopped", stop_broker),
    Pain(44, "broker started", start_broker),
    Pain(50, "PostgreSQL restarted (fast)", restart_database),
    Pain(58, "SIGKILL engine", kill_engine, cuts=True),
    Pain(66, "SIGKILL worker", kill_worker, cuts=True),
)


class Pains:
    """Carries the schedule out, turn by turn."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._began = time.monotonic()
        self._left = list(SCHEDULE)
        self.happened: list[Happened] = []

    def turn(self) -> bool:
        """Does what is due; whether something is left."""
        while self._left and time.monotonic() - self._began >= self._left[0].at:
            self._do(self._left.pop(0))
        return bool(self._left)

    def _do(self, pain: Pain) -> None:
        at = time.time()
        words = pain.act(self._world)
        self.happened.append(Happened(pain.name, at, time.time(), pain.cuts))
        say(f"  {pain.at:5.0f} s  {pain.name}{': ' if words else ''}{words}")


def _kill_group(leader: int) -> str:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
    return f"process {leader} and its children"
