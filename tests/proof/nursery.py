"""The parent of the routers: Django is loaded once here, so a router that was killed has its next at once.

python -m tests.proof.nursery   reads a command a line and answers each with a line:
start SEED SIZE…   forks a router of batches of these sizes   →   its process id
wait PID     for the end of a router that was killed   →   PID
ended        →   the ids of those that ended by themselves
Its own end, or that of who asks, is the end of all routers.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

import django


def main() -> None:
    """Answers until there is nobody to answer."""
    django.setup()
    living: set[int] = set()
    commands: dict[str, Callable[..., str]] = {"start": _start, "wait": _wait, "ended": _ended}
    try:
        for line in sys.stdin:
            name, *rest = line.split()
            sys.stdout.write(f"{commands[name](living, *rest)}\n")
            sys.stdout.flush()
    finally:
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _start(living: set[int], seed: str, *sizes: str) -> str:
    from tests.proof.router import work

    pid = os.fork()
    if pid == 0:
        try:
            work(int(seed), [int(size) for size in sizes])
        except BaseException as error:
            sys.stderr.write(f"router {os.getpid()} ended: {type(error).__name__}: {error}\n")
            sys.stderr.flush()
        os._exit(1)
    living.add(pid)
    return str(pid)


def _wait(living: set[int], pid: str) -> str:
    os.waitpid(int(pid), 0)
    living.discard(int(pid))
    return pid


def _ended(living: set[int]) -> str:
    gone = [pid for pid in living if os.waitpid(pid, os.WNOHANG)[0]]
    living.difference_update(gone)
    return " ".join(map(str, gone))


if __name__ == "__main__":
    main()
