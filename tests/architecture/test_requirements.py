"""docs/requirements.md is whole: every requirement has its place in the code and a test, and both exist."""

import ast
import re
from dataclasses import dataclass

import pytest

from partners.kinds import KINDS
from tests.architecture.project import ROOT, tree
from tests.architecture.symbols import defined

PAGE = (ROOT / "docs/requirements.md").read_text()
CHANNELS = (ROOT / "docs/delivery-channels.md").read_text()
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Line:
    """One requirement of the list."""

    number: str
    words: str
    where: list[str]
    tests: list[str]


def lines() -> list[Line]:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.M)
    return [
        Line(number, words, CODE.findall(where), CODE.findall(test)) for number, words, where, test in rows
    ]


LINES = lines()
every_line = pytest.mark.parametrize("line", LINES, ids=lambda line: line.number)


def is_collected(node: str) -> bool:
    """Whether pytest collects a test of that node id: a function `test_…` at the top of a test file."""
    path, _, name = node.partition("::")
    file = ROOT / path
    if not file.is_file() or not re.fullmatch(r"tests/.*/test_\w+\.py", path):
        return False
    functions = [part for part in tree(file).body if isinstance(part, ast.FunctionDef)]
    found = [function for function in functions if function.name == name and name.startswith("test_")]
    return bool(found) and not any("skip" in ast.unparse(mark) for mark in found[0].decorator_list)


def test_numbers_have_no_gap_and_no_row_is_lost() -> None:
    assert [line.number for line in LINES] == [str(number + 1) for number in range(len(LINES))]
    heads = len(re.findall(r"^\| no \|", PAGE, re.M))
    assert len(LINES) == len(re.findall(r"^\|", PAGE, re.M)) - 2 * heads


def test_list_is_as_long_as_the_source_document() -> None:
    # Its sentences were counted once; none is taken away unseen.
    assert len(LINES) == 87


def test_nothing_stands_open() -> None:
    assert "**open**" not in PAGE.casefold()


@every_line
def test_requirement_has_its_place(line: Line) -> None:
    assert line.where, "no place named"
    for named in line.where:
        path, _, symbol = named.partition(":")
        assert (ROOT / path).exists(), named
        assert not symbol or symbol in defined(ROOT / path), named


@every_line
def test_requirement_has_its_test(line: Line) -> None:
    assert line.tests, "no test named"
    assert [node for node in line.tests if not is_collected(node)] == []


@pytest.mark.parametrize(
    ("node", "collected"),
    [
        ("tests/architecture/test_requirements.py::test_numbers_have_no_gap_and_no_row_is_lost", True),
        ("tests/architecture/test_requirements.py::test_nothing", False),
        ("tests/architecture/test_requirements.py::is_collected", False),
        ("tests/architecture/test_requirements.py", False),
        ("tests/architecture/project.py::module_name", False),
        ("tests/gone.py::test_gone", False),
    ],
)
def test_collected_is_what_pytest_would_find(node: str, collected: bool) -> None:
    assert is_collected(node) is collected


def test_comparison_is_what_the_form_says() -> None:
    """«Best for» stands beside each delivery method in the form, and on the page."""
    row = next(row for row in CHANNELS.splitlines() if row.startswith("| best for"))
    told = [cell.strip() for cell in row.strip("|").split("|")][1:]
    assert told == [str(KINDS[kind].best_for) for kind in ("email", "webhook", "portal")]


@pytest.mark.parametrize(
    ("kind", "reasons"),
    [
        ("Email", ["nobody who could build an interface", "by hand", "a letter for each is fine"]),
        ("Webhook", ["a CRM, a lead management system or an intake", "within\nseconds", "a program reads"]),
        ("Portal", ["decide itself when it takes leads", "looked at\neach one", "neither calls nor letters"]),
    ],
)
def test_page_says_when_to_use_which(kind: str, reasons: list[str]) -> None:
    advice = CHANNELS.split("## Which one")[1].split("\n## ")[0]
    paragraph = next(part for part in advice.split("\n\n") if part.startswith(f"**{kind}**"))
    assert [reason for reason in reasons if reason not in paragraph] == []
