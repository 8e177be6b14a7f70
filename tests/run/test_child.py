"""One supervised process, with a small program in the product's place."""

import signal
import sys
import time
from collections.abc import Iterator

import pytest

from leadflip.run import process
from leadflip.run.child import RECORD, Child, Spec, stop_leftovers
from leadflip.run.errors import StartError
from leadflip.run.state import State

pytestmark = pytest.mark.process

STAY = "import time; print('up', flush=True); time.sleep(60)"
FAIL = "print('first'); raise ValueError('no such thing')"


@pytest.fixture
def children(state: State) -> Iterator[list[Child]]:
    state.prepare()
    every: list[Child] = []
    yield every
    for child in every:
        child.stop()


def start(children: list[Child], state: State, code: str, **more: str) -> Child:
    child = Child(
        Spec("web", [sys.executable, "-c", code], lambda: "up" in child.log.read_text(), environment=more),
        state,
    )
    children.append(child)
    child.start()
    return child


def pid(state: State) -> int:
    return int(state.read(RECORD)["web"]["pid"])


def test_start_waits_until_ready(children: list[Child], state: State) -> None:
    start(children, state, STAY).wait_ready()
    assert process.alive(pid(state))


def test_start_hands_on_environment(children: list[Child], state: State) -> None:
    child = start(children, state, "import os; print(os.environ['TOLD']);" + STAY, TOLD="42")
    child.wait_ready()
    assert child.log.read_text().startswith("42\n")


def test_end_before_ready_quotes_the_error(children: list[Child], state: State) -> None:
    child = start(children, state, FAIL)
    with pytest.raises(StartError, match="web did not start: ValueError: no such thing") as error:
        child.wait_ready()
    assert str(child.log) in str(error.value)


def test_end_is_said_and_mended_after_a_pause(children: list[Child], state: State) -> None:
    child = start(children, state, STAY)
    child.wait_ready()
    assert child.tend() is None
    first = pid(state)
    process.end(first, signal.SIGKILL, 10)
    news = child.tend()
    assert news is not None
    assert "again in 1 s" in news
    assert child.tend() is None
    assert process.wait(lambda: child.tend() == "web started again", 10)
    assert pid(state) != first
    assert process.alive(pid(state))


def test_pauses_grow(children: list[Child], state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    child = start(children, state, "")
    now = time.monotonic()
    pauses = []
    for later in (0, 100, 200, 300, 400, 500):
        process.wait(lambda: not process.alive(pid(state)), 10)
        monkeypatch.setattr(time, "monotonic", lambda later=later: now + later)
        child._began = now + later
        pauses.append(str(child.tend()).partition(" again in ")[2].partition(" s")[0])
        monkeypatch.setattr(time, "monotonic", lambda later=later: now + later + 99)
        child.tend()
        monkeypatch.undo()
    assert pauses == ["1", "2", "5", "10", "30", "30"]


def test_stop_takes_grandchildren_along(children: list[Child], state: State) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True);" + STAY
    child = start(children, state, code)
    child.wait_ready()
    grandchild = int(child.log.read_text().split()[0])
    child.stop()
    assert not process.alive(grandchild)
    assert state.read(RECORD) == {}


def test_leftovers_are_stopped(children: list[Child], state: State) -> None:
    start(children, state, STAY).wait_ready()
    left = pid(state)
    stop_leftovers(state)
    assert not process.alive(left)
    assert state.read(RECORD) == {}


def test_process_that_only_has_the_id_is_left_alone(children: list[Child], state: State) -> None:
    start(children, state, STAY).wait_ready()
    other = pid(state)
    state.write(RECORD, {"web": {"pid": other, "birth": "0"}})
    stop_leftovers(state)
    assert process.alive(other)
