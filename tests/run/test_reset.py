import pytest

from leadflip.run.embedded import servers
from leadflip.run.errors import StartError
from leadflip.run.process import alive
from leadflip.run.reset import reset
from leadflip.run.state import State
from tests.run.test_embedded import holder, leave, pids

pytestmark = pytest.mark.process


def test_reset_removes_all(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    with servers(state, durable=True):
        pass
    reset(state)
    assert not state.root.exists()
    assert capsys.readouterr().out == f"Removed {state.root}.\n"


def test_reset_of_nothing(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    reset(state)
    assert capsys.readouterr().out == f"Nothing to remove: there is no {state.root}.\n"


def test_reset_stops_what_a_killed_process_left(state: State) -> None:
    killed = holder(state)
    left = pids(state)
    killed.kill()
    leave(killed)
    reset(state)
    assert not any(alive(pid) for pid in left if pid is not None)
    assert not state.root.exists()


@pytest.mark.parametrize(
    ("lock", "who"), [("run", "make run"), ("tests", "a test run"), ("users", "a command")]
)
def test_reset_refuses_while_used(state: State, lock: str, who: str) -> None:
    state.prepare()
    with state.lock(lock), pytest.raises(StartError, match=f"{who} is using"):
        reset(state)
    assert state.root.exists()


def test_reset_refuses_while_tests_run_in_it(state: State) -> None:
    state.prepare()
    inner = State(state.root / "test-2")
    inner.prepare()
    with inner.lock("tests"), pytest.raises(StartError, match="a test run is using"):
        reset(state)
    assert inner.root.exists()
