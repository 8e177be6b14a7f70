"""Watching and ending processes that need not be our children."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

POLL = 0.01


def alive(pid: int) -> bool:
    """Whether a process with this id exists and has not ended (a zombie has)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _zombie(pid)


def birth(pid: int) -> str | None:
    """When the process started, as its system writes it, or None when there is none.

    Together with the id it names one process: ids are used again, starts in one tick are not.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        with contextlib.suppress(OSError, IndexError):
            return stat.read_text().rpartition(")")[2].split()[19]
        return None
    if Path("/proc/self/stat").exists():
        return None
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def end(pid: int, first: signal.Signals, seconds: float, *, group: bool = False) -> None:
    """Send `first` to a process (or its whole group), wait, and kill what is left after `seconds`."""
    send = os.killpg if group else os.kill
    for number in (first, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            send(pid, number)
        if wait_gone(pid, seconds, group=group):
            return


def wait_gone(pid: int, seconds: float, *, group: bool = False) -> bool:
    """Wait until the process (or every process of its group) has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        reap(pid)
        if not (group_alive(pid) if group else alive(pid)):
            return True
        time.sleep(POLL)
    return False


def reap(pid: int) -> None:
    """Collect the exit of a child of ours; nothing for anybody else's."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def group_alive(group: int) -> bool:
    """Whether the process group still has a member."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
