"""Servers, tables and environment of a measure: a state folder of its own, fsync on, loopback only."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.parts import cores
from leadflip.run import prepare
from leadflip.run.embedded import servers
from leadflip.run.errors import StartError
from leadflip.run.state import PROJECT, State

FOLDER = PROJECT / ".leadflip" / "bench"
FILES = 16_384
ENVIRONMENT = {
    "LEADFLIP_STATE": str(FOLDER),
    # Empty: the embedded servers, whatever a .env file says.
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "SMTP_URL": "",
    "DEMO": "0",
    "LOG_LEVEL": "WARNING",
    "OUTGOING_ALLOW": "127.0.0.1/32",
    "DJANGO_SETTINGS_MODULE": "leadflip.settings",
}


@contextmanager
def ground() -> Iterator[State]:
    """Everything that a measure stands on. Raises StartError."""
    os.environ.update(ENVIRONMENT)
    os.chdir(PROJECT)
    cores.take_others()
    _raise_limit()
    state = State(FOLDER)
    state.prepare()
    lock = state.lock("measure")
    if not lock.try_exclusive():
        raise StartError("Another measure runs in this checkout: wait for its end.")
    try:
        with servers(state, durable=True):
            _move_servers(state)
            prepare.settings()
            prepare.migrate()
            try:
                yield state
            finally:
                prepare.leave()
    finally:
        lock.release()


def log_of(name: str) -> Path:
    """Where a process of ours writes."""
    return FOLDER / "log" / f"{name}.log"


def _raise_limit() -> None:
    """As many open files as the system lets us have, for all that we start: a held call is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _move_servers(state: State) -> None:
    for server in ("postgres", "valkey"):
        pid = state.place(server).pid
        if pid is not None:
            cores.move(pid)
