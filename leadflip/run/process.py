"""Watching and ending processes that need not be our children."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

POLL = 0.01
AFTER_KILL = 5.0


def alive(pid: int) -> bool:
    """Whether a process with this id exists and has not ended (a zombie has)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _zombie(pid)


def group_alive(group: int) -> bool:
    """Whether the process group has a member left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def birth(pid: int) -> str | None:
    """When the process started, as its system writes it, or None when there is none.

    Together with the id it names one process: ids are used again, starts in one tick are not.
    """
    if Path("/proc/self/stat").exists():
        fields = _stat(pid)
        return fields[19] if fields else None
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def end(pid: int, first: signal.Signals, seconds: float) -> None:
    """Send `first` to a process, wait for its end, and kill it after `seconds`."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, first)
        if not wait(lambda: not alive(pid), seconds):
            os.kill(pid, signal.SIGKILL)
            wait(lambda: not alive(pid), AFTER_KILL)


def end_group(leader: int, first: signal.Signals, seconds: float) -> None:
    """End the leader as `end` does, then whatever it leaves behind in its group."""
    end(leader, first, seconds)
    kill_group(leader)


def kill_group(leader: int) -> None:
    """Kill every process of a group, and wait for their end."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
        wait(lambda: not alive(leader) and not group_alive(leader), AFTER_KILL)


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _zombie(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] == "Z"


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name; none where there is no such file."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
