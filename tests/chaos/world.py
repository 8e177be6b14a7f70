"""A whole installation of its own, as `make run` starts it: servers with fsync on, web, worker, beat."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.db import connections

from leadflip.run import ports, prepare, processes
from leadflip.run.child import RECORD, Child
from leadflip.run.embedded import Servers, servers
from leadflip.run.errors import StartError
from leadflip.run.reset import reset
from leadflip.run.server import Server
from leadflip.run.state import PROJECT, State
from leadflip.run.terminal import phase, say

FOLDER = PROJECT / ".leadflip" / "chaos"
ENVIRONMENT = {
    "LEADFLIP_STATE": str(FOLDER),
    # Empty: the embedded servers, whatever a .env file says.
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "SMTP_URL": "",
    "DEMO": "0",
    "OUTGOING_ALLOW": "127.0.0.1/32",
    "DJANGO_SETTINGS_MODULE": "leadflip.settings",
}


class World:
    """The servers and processes; who ends is started again in `tend`, as `make run` does."""

    def __init__(self, state: State, running: Servers) -> None:
        self.state = state
        self.port = ports.free()
        self._servers = {server.name: server for server in running}
        self._children: list[Child] = []

    @property
    def intake(self) -> str:
        """Where leads are posted."""
        return f"http://{ports.HOST}:{self.port}/api/intake"

    @property
    def logs(self) -> Path:
        """What the processes said."""
        return self.state.root / "log"

    def start(self) -> None:
        """Web, worker with its engine, beat. Raises StartError."""
        began = time.monotonic()
        self._children = [Child(spec, self.state) for spec in processes.every(self.state, self.port, None)]
        for child in self._children:
            child.start()
        for child in self._children:
            child.wait_ready()
            phase(child.spec.name, time.monotonic() - began)

    def tend(self) -> None:
        """Starts again what has ended."""
        for child in self._children:
            news = child.tend()
            if news:
                say(f"           {news.partition('. Its log')[0]}")

    def pid(self, name: str) -> int:
        """The process of this name that runs now."""
        return int(self.state.read(RECORD)[name]["pid"])

    def server(self, name: str) -> Server:
        """One embedded server."""
        return self._servers[name]

    def stop(self) -> None:
        """Ends the processes, the servers stay."""
        for child in reversed(self._children):
            child.ask()
        for child in reversed(self._children):
            child.stop()
        self._children.clear()


@contextmanager
def world() -> Iterator[World]:
    """An empty installation in a state folder of its own; its logs stay. Raises StartError."""
    os.environ.update(ENVIRONMENT)
    os.chdir(PROJECT)
    state = State(FOLDER)
    reset(state)
    state.prepare()
    lock = state.lock("run")
    if not lock.try_exclusive():
        raise StartError("Another make chaos runs in this checkout: wait for its end.")
    with ExitStack() as stack:
        stack.callback(lock.release)
        running = stack.enter_context(servers(state, durable=True, report=phase))
        stack.callback(prepare.leave)
        began = time.monotonic()
        prepare.settings()
        prepare.migrate()
        phase("migrate", time.monotonic() - began)
        made = World(state, running)
        stack.callback(made.stop)
        yield made


def forget_connections() -> None:
    """A database that was away leaves dead ones behind."""
    connections.close_all()
