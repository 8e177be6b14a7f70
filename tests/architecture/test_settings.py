"""`.env.example` lists every setting, and none that nobody reads."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.project import ROOT, python_files, tree

# Handed from one of our own processes to another; nobody sets them.
INTERNAL = {"DJANGO_SETTINGS_MODULE", "LEADFLIP_BEGAN"}


def listed() -> list[str]:
    text = (ROOT / ".env.example").read_text()
    return re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.M)


def calls(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(function, first argument) of each call with a text as its first argument."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
            yield ast.unparse(call.func), str(call.args[0].value)


def read_by_settings() -> set[str]:
    return {
        name
        for function, name in calls(tree(ROOT / "leadflip/settings.py"))
        if re.fullmatch(r"env\.(str|int|float|bool|list)", function)
    }


def read_by_run() -> set[str]:
    found = {
        name
        for path in python_files("leadflip/run")
        for function, name in calls(tree(path))
        if re.fullmatch(r"os\.environ\.(get|pop|setdefault)|(named\.)?named", function)
    }
    return {name for name in found if name.isupper()}


def read_by_compose() -> set[str]:
    return set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))


def test_settings_are_each_listed_once() -> None:
    assert len(listed()) == len(set(listed()))


def test_settings_read_are_listed() -> None:
    assert (read_by_settings() | read_by_run() | read_by_compose()) - INTERNAL <= set(listed())


def test_settings_listed_are_read() -> None:
    assert set(listed()) <= read_by_settings() | read_by_run() | read_by_compose()


def test_settings_that_the_containers_take_are_read() -> None:
    """A name that is passed on and read by nobody would look like a setting that does something."""
    servers = {"POSTGRES_PASSWORD", "VALKEY_PASSWORD", "WEB_ADDRESS", "WEB_PROCESSES", "WEB_THREADS"}
    assert read_by_compose() - servers <= read_by_settings()
