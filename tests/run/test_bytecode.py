import os
import sys
from pathlib import Path

import pytest

from leadflip.run import bytecode
from leadflip.run.state import State


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (bytecode.FORBIDDEN, bytecode.PLACE):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "dont_write_bytecode", sys.dont_write_bytecode)


def test_keep_moves_what_may_not_stand_beside_the_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(bytecode.FORBIDDEN, "1")
    bytecode.keep(State(tmp_path))
    assert bytecode.FORBIDDEN not in os.environ
    assert os.environ[bytecode.PLACE] == sys.pycache_prefix == str(tmp_path / "bytecode")
    assert not sys.dont_write_bytecode


def test_keep_leaves_the_usual_place(tmp_path: Path) -> None:
    bytecode.keep(State(tmp_path))
    assert bytecode.PLACE not in os.environ
    assert sys.pycache_prefix is None
