"""A full disk stops a start with one line. Needs a mount of its own, so root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leadflip.run.state import PROJECT, State
from tests.run.conftest import environment

pytestmark = pytest.mark.process


def mounted(state: State, size: str, command: list[str]) -> list[str]:
    """The command, in a mount namespace where the state folder is a small memory disk."""
    state.root.mkdir(exist_ok=True)
    mount = f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, str(state.root), *command]


def can_mount(folder: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    tried = subprocess.run(mounted(State(folder), "1m", ["true"]), capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.parametrize("command", [["-m", "leadflip.run"], ["manage.py", "check"]])
def test_full_disk_is_one_line(state: State, tmp_path: Path, command: list[str]) -> None:
    if not can_mount(tmp_path):
        pytest.skip("this account cannot mount a memory disk, so no full disk was tried")
    answer = subprocess.run(
        mounted(state, "1m", [sys.executable, *command]),
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=environment(state),
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "MB free and the embedded servers need" in answer.stderr
    assert "LEADFLIP_STATE=" in answer.stderr
