"""Processes of a measure: started, timed, ended by their own id."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from bench.parts import cores
from bench.parts.ground import log_of
from leadflip.run import process
from leadflip.run.state import PROJECT

READY_SECONDS = 60.0


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    worker: bool = False,
    environment: Mapping[str, str] | None = None,
    cwd: Path = PROJECT,
    output: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own; `worker`: on the worker's core. The group is killed at the end."""
    with log_of(name).open("ab") as log, cores.for_worker() if worker else nullcontext():
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log if output is None else output,
            stderr=log,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _end(child)


def wait_for(what: Callable[[], bool], why: str, seconds: float = READY_SECONDS, pause: float = 0.01) -> None:
    """Returns once `what()` holds. Raises TimeoutError with `why` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{why}: not within {seconds:.0f} s. The logs are in {log_of('x').parent}.")
        time.sleep(pause)


def cpu_seconds(group: int) -> float:
    """CPU time so far of all living processes of a group, user and system."""
    if Path("/proc/self/stat").exists():
        return sum(_ticks(folder, group) for folder in Path("/proc").glob("[0-9]*")) / os.sysconf(
            "SC_CLK_TCK"
        )
    answer = subprocess.run(["ps", "-A", "-o", "pgid=,time="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in answer.stdout.splitlines())
    return sum(_clock(row[1]) for row in rows if row and row[0] == str(group))


def _ticks(folder: Path, group: int) -> int:
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0


def _clock(text: str) -> float:
    """Seconds of ps's `[[days-]hours:]minutes:seconds`."""
    days, _, rest = text.rpartition("-")
    seconds = 0.0
    for part in rest.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + 86400 * int(days or 0)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGKILL)
        child.wait()
    process.kill_group(child.pid)
    if child.stdout is not None:
        child.stdout.close()
