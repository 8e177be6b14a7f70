import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from leadflip.run import process

pytestmark = pytest.mark.process

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
# Starts one more process of its group, and says its id.
PARENT = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    every: list[subprocess.Popen[str]] = []
    yield every
    for each in every:
        process.kill_group(each.pid)
        each.returncode = 0
        assert each.stdout is not None
        each.stdout.close()


def run(started: list[subprocess.Popen[str]], code: str) -> tuple[int, str]:
    """Start Python in a group of its own; its id and its first line."""
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    started.append(child)
    assert child.stdout is not None
    return child.pid, child.stdout.readline().strip()


def test_alive_of_ourselves() -> None:
    assert process.alive(os.getpid())


def test_alive_is_false_for_a_zombie(started: list[subprocess.Popen[str]]) -> None:
    pid, _ = run(started, "")
    assert process.wait(lambda: not process.alive(pid), 10)


def test_birth_tells_processes_apart(started: list[subprocess.Popen[str]]) -> None:
    pid, _ = run(started, STUBBORN)
    assert process.birth(pid) == process.birth(pid)
    assert process.birth(pid) != process.birth(os.getppid())


def test_birth_of_nobody(started: list[subprocess.Popen[str]]) -> None:
    pid, _ = run(started, "")
    process.wait(lambda: not process.alive(pid), 10)
    assert process.birth(pid) is None


def test_end_asks_first(started: list[subprocess.Popen[str]]) -> None:
    polite = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye'))); "
    pid, _ = run(started, polite + "print('up', flush=True); time.sleep(60)")
    process.end(pid, signal.SIGTERM, 10)
    assert started[0].stdout is not None
    assert started[0].stdout.read() == "bye\n"


def test_end_kills_in_the_end(started: list[subprocess.Popen[str]]) -> None:
    pid, _ = run(started, STUBBORN)
    process.end(pid, signal.SIGTERM, 0.2)
    assert not process.alive(pid)


def test_end_of_one_that_has_ended(started: list[subprocess.Popen[str]]) -> None:
    pid, _ = run(started, "")
    process.wait(lambda: not process.alive(pid), 10)
    process.end(pid, signal.SIGTERM, 10)


def test_end_group_takes_what_the_leader_leaves(started: list[subprocess.Popen[str]]) -> None:
    pid, grandchild = run(started, PARENT)
    assert process.alive(int(grandchild))
    process.end_group(pid, signal.SIGTERM, 10)
    assert not process.group_alive(pid)
    assert not process.alive(int(grandchild))
