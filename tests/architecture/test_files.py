"""Files stay small enough to be read in one go."""

from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT, python_files

MOST_LINES = 400


@pytest.mark.parametrize("folder", [*PACKAGES, "tests", "bench"])
def test_python_files_are_short(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in python_files(folder) if (n := lines(path)) > MOST_LINES
    }
    assert long == {}


def test_templates_are_short() -> None:
    long = [path.name for path in (ROOT / "templates").rglob("*.html") if lines(path) > MOST_LINES]
    assert long == []


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())
