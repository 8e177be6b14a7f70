"""Building the environment: what is said when this machine cannot."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from leadflip.run.state import PROJECT

SCRIPT = "leadflip/run/venv.sh"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the lock and the script, and nothing built."""
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt", SCRIPT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def python(folder: Path, version: str, *, venv: bool) -> Path:
    """Something that answers like a Python of that version."""
    path = folder / f"python-{version}"
    path.write_text(
        f'#!/bin/sh\ncase "$2" in *version_info*) echo {version} ;; *) exit {0 if venv else 1} ;; esac\n'
    )
    path.chmod(0o755)
    return path


def build(checkout: Path, what: str = "run", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", SCRIPT, what],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("version", ["3.10", "3.9", "2.7", "3.15"])
def test_other_python_is_refused(checkout: Path, version: str) -> None:
    old = python(checkout, version, venv=True)
    answer = build(checkout, PYTHON=str(old))
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert f"found: {old} is Python {version}. Install one" in answer.stderr
    assert not (checkout / ".venv").exists()


def test_no_python_at_all(checkout: Path) -> None:
    answer = build(checkout, PYTHON=str(checkout / "nothing"))
    assert answer.returncode == 1
    assert "needs Python 3.11 to 3.14 with its venv module; found: none." in answer.stderr


def test_missing_venv_module_names_the_package(checkout: Path) -> None:
    bare = python(checkout, "3.12", venv=False)
    answer = build(checkout, PYTHON=str(bare))
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "has no venv module (Debian and Ubuntu: apt-get install python3.12-venv)" in answer.stderr


def built(checkout: Path, lock: str) -> None:
    """An environment as the script leaves it, whose python is this one's."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(shutil.which("true") or "/bin/true")
    shutil.copy(checkout / lock, checkout / ".venv" / lock)


@pytest.mark.parametrize(
    ("lock", "what"),
    [("requirements.txt", "run"), ("requirements-dev.txt", "run"), ("requirements-dev.txt", "dev")],
)
def test_built_environment_is_left_alone(checkout: Path, lock: str, what: str) -> None:
    built(checkout, lock)
    answer = build(checkout, what, PYTHON="/nowhere")
    assert (answer.returncode, answer.stderr) == (0, "")


def test_changed_lock_is_noticed(checkout: Path) -> None:
    built(checkout, "requirements.txt")
    (checkout / "requirements.txt").write_text("# nothing\n")
    (checkout / ".venv" / "bin" / "python").unlink()
    assert build(checkout, PYTHON="/nowhere").returncode == 1
