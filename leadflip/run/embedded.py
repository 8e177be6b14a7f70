"""The embedded servers for as long as somebody needs them.

`make run`, the tests and every management command come through here. Servers of one state folder
are shared: who comes first starts them, who leaves last stops them, and what a killed process left
running is found by its port and password and used or stopped.
"""

import errno
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from leadflip.run import account
from leadflip.run.errors import StartError
from leadflip.run.named import named
from leadflip.run.postgres import Postgres
from leadflip.run.server import Server
from leadflip.run.state import State
from leadflip.run.valkey import Valkey

Servers = Sequence[Server]
Report = Callable[[str, float], None]

FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)
MEGABYTE = 1024 * 1024
FIRST_START = 150 * MEGABYTE
LATER_START = 20 * MEGABYTE


@contextmanager
def servers(state: State, *, durable: bool, report: Report = lambda name, seconds: None) -> Iterator[Servers]:
    """Run the servers that no setting names, and stop them after the last user.

    Without `durable` a crash of the machine may cost the data: for tests. `report` is told each
    server's name and the seconds that it took. Raises StartError.
    """
    wanted = _wanted(state, durable=durable)
    if not wanted:
        yield []
        return
    with plain_errors(state):
        state.prepare()
    users = state.lock("users")
    with state.lock("servers"), plain_errors(state):
        users.shared()
        _check_room(state)
        _ensure(wanted, report)
    try:
        yield wanted
    finally:
        with state.lock("servers"):
            if users.try_exclusive():
                stop(wanted)
            users.release()


def stop(running: Servers) -> None:
    """Stop servers in reverse order."""
    for server in reversed(running):
        server.stop()


@contextmanager
def plain_errors(state: State) -> Iterator[None]:
    """Turn what the file system refuses into one line."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StartError(_no_room(state, FIRST_START)) from error
        if error.errno not in CLOSED:
            raise
        raise StartError(
            f"{error.filename or state.root}: {error.strerror}. The state folder must be writable; "
            "LEADFLIP_STATE names another."
        ) from error


def _wanted(state: State, *, durable: bool) -> list[Server]:
    kinds = {"DATABASE_URL": Postgres, "REDIS_URL": Valkey}
    return [kind(state, durable=durable) for setting, kind in kinds.items() if not named(setting)]


def _ensure(wanted: Servers, report: Report) -> None:
    started: list[Server] = []
    try:
        for server in wanted:
            began = time.monotonic()
            started.append(server)
            server.ensure()
            report(server.title, time.monotonic() - began)
    except BaseException:
        stop(started)
        raise


def _check_room(state: State) -> None:
    first = not (state.root / "postgres" / "data").exists() and not state.read(account.RECORD)
    needed = FIRST_START if first else LATER_START
    if shutil.disk_usage(state.root).free < needed:
        raise StartError(_no_room(state, needed))


def _no_room(state: State, needed: int) -> str:
    free = shutil.disk_usage(state.root).free / MEGABYTE
    return (
        f"{state.root} has {free:.1f} MB free and the embedded servers need {needed // MEGABYTE} MB: "
        "make room there, or name a folder elsewhere (LEADFLIP_STATE=/path make run)."
    )
