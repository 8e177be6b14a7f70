"""State folders of their own for tests that start servers."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadflip.run import account
from leadflip.run.child import stop_leftovers
from leadflip.run.embedded import stop
from leadflip.run.postgres import Postgres
from leadflip.run.state import State
from leadflip.run.valkey import Valkey


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """An empty state folder that every account can reach, and no named server."""
    for setting in ("DATABASE_URL", "REDIS_URL", "PORT"):
        monkeypatch.delenv(setting, raising=False)
    # pytest's own folders are closed to other accounts.
    folder = Path(tempfile.mkdtemp(prefix="leadflip-test-"))
    folder.chmod(0o755)
    state = State(folder / "state")
    monkeypatch.setenv("LEADFLIP_STATE", str(state.root))
    yield state
    if state.root.is_dir():
        stop_leftovers(state)
        stop([server for server in servers_of(state) if (state.root / f"{server.name}.json").exists()])
        account.forget(state)
    shutil.rmtree(folder, ignore_errors=True)


def servers_of(state: State) -> tuple[Postgres, Valkey]:
    """The servers over a state folder, whoever started them."""
    return Postgres(state, durable=False), Valkey(state, durable=False)


def environment(state: State, **more: str) -> dict[str, str]:
    """What a command of the product is run with: this state, nothing named."""
    kept = ("PATH", "HOME", "LANG")
    named = {key: value for key, value in os.environ.items() if key in kept}
    return {**named, "LEADFLIP_STATE": str(state.root), **more}
