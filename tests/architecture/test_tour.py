"""docs/tour.md shows every scene that `make screenshots` takes, wide and narrow, in few bytes."""

import ast
import re

from tests.architecture.project import ROOT, tree

PAGE = (ROOT / "docs/tour.md").read_text()
FOLDER = ROOT / "docs/tour"
MOST_BYTES = 45_000  # of a picture, on average


def taken() -> set[str]:
    """The names in tests/tour/; they are listed with a running installation only."""
    files = (ROOT / "tests/tour").glob("*.py")
    calls = (node for file in files for node in ast.walk(tree(file)) if isinstance(node, ast.Call))
    named = (call.args[0] for call in calls if ast.unparse(call.func) == "Scene")
    return {str(name.value) for name in named if isinstance(name, ast.Constant)}


def shown() -> list[tuple[str, str]]:
    return re.findall(r'<img src="tour/([\w-]+)-(\d+)\.webp" width="\d+" alt="[^"]+">', PAGE)


def test_every_scene_is_shown_wide_and_narrow() -> None:
    assert sorted(shown()) == sorted((name, width) for name in taken() for width in ("1280", "390"))


def test_every_picture_is_there_and_no_other() -> None:
    named = {f"{name}-{width}.webp" for name, width in shown()}
    assert {file.name for file in FOLDER.iterdir()} == named


def test_pictures_are_compact() -> None:
    sizes = [file.stat().st_size for file in FOLDER.iterdir()]
    assert sum(sizes) < MOST_BYTES * len(sizes)
