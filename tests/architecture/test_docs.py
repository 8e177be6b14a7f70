"""What README and docs name exists: make targets, files, functions, settings, addresses, links.

They name things in `code`: `make run`, `delivery/retry.py`, `delivery/retry.py:next_step`,
`LEASE_SECONDS`, `/admin/`.
"""

import re
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

from tests.architecture.project import PACKAGES, ROOT
from tests.architecture.symbols import defined
from tests.architecture.test_settings import listed

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FOLDERS = "|".join([*PACKAGES, "templates", "static", "tests", "docs", "bench"])
FILE = re.compile(
    rf"(?:{FOLDERS})/[\w./-]*|[\w.-]+\.(?:py|toml|yml|md|txt)|Makefile|Dockerfile|\.env\.example"
)
SETTING = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
# In capitals with a line below, and no setting of ours.
NO_SETTINGS = {"SKIP_LOCKED"}
# What only a running demo, or another program, answers.
ELSEWHERE = ("/sample/", "/tmp", "/venv")


def code(page: Path) -> list[str]:
    """What stands between backticks, and each line of the fenced blocks."""
    text = page.read_text()
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    lines = [line.strip() for block in fenced for line in block.splitlines()]
    return CODE.findall(re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)) + lines


def targets() -> set[str]:
    """What make knows; `bench-%` stands for the measures, one a file of `bench/`."""
    named = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.M))
    return named | {f"bench-{file.stem}" for file in (ROOT / "bench").glob("[a-z]*.py")}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


pages = pytest.mark.parametrize("page", PAGES, ids=name)


@pages
def test_make_targets_exist(page: Path) -> None:
    named = {target for text in code(page) for target in re.findall(r"\bmake ([a-z][\w-]*)", text)}
    assert named - targets() == set()


@pages
def test_files_and_what_they_define_exist(page: Path) -> None:
    missing = []
    for text in code(page):
        # `file.py:symbol`, or a test as pytest names it: `file.py::test`.
        path, _, symbol = text.replace("::", ":").partition(":")
        if not FILE.fullmatch(path) or " " in text:
            continue
        found = ROOT / path
        if not found.exists() or (symbol and symbol not in defined(found)):
            missing.append(text)
    assert missing == []


@pages
def test_settings_exist(page: Path) -> None:
    named = {text for text in code(page) if SETTING.fullmatch(text)}
    assert named - set(listed()) - NO_SETTINGS == set()


@pages
def test_addresses_exist(page: Path) -> None:
    missing = []
    for text in code(page):
        if re.fullmatch(r"/[\w./-]*", text) and not text.startswith(ELSEWHERE):
            try:
                resolve(text)
            except Resolver404:
                missing.append(text)
    assert missing == []


@pages
def test_links_lead_somewhere(page: Path) -> None:
    inside = [link.split("#")[0] for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in inside if link and not (page.parent / link).exists()] == []
