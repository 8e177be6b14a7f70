"""Templates parse, and hold nothing that the Content-Security-Policy forbids."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from tests.architecture.project import ROOT

FOLDER = ROOT / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an inline script": re.compile(r"<script\b(?![^>]*(?:\bsrc=|type=.application/json))", re.I),
    "an event handler": re.compile(r"<[^>]*\s(?:on[a-z]+|hx-on[\w:-]*)\s*=", re.I),
    "a script address": re.compile(r"javascript:", re.I),
    "evaluated htmx": re.compile(r"hx-(?:vals|vars|headers)\s*=\s*['\"]js:", re.I),
    "a foreign host": re.compile(
        r"<(?:script|link|img|iframe|form)\b[^>]*(?:src|href|action)=['\"](?:https?:)?//", re.I
    ),
}


def name(path: Path) -> str:
    return str(path.relative_to(FOLDER))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_parses(path: Path) -> None:
    get_template(name(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_has_nothing_inline(path: Path) -> None:
    source = path.read_text()
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(source)] == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('<p class="a" style="color:red">', "a style attribute"),
        ("<style>p {}</style>", "a style element"),
        ("<script>1</script>", "an inline script"),
        ('<a onclick="x()">', "an event handler"),
        ('<a hx-on:click="x()">', "an event handler"),
        ('<a href="javascript:x()">', "a script address"),
        ("<a hx-vals='js:{a: 1}'>", "evaluated htmx"),
        ('<link href="https://cdn.example.com/a.css">', "a foreign host"),
    ],
)
def test_template_patterns_find_what_they_forbid(source: str, what: str) -> None:
    assert FORBIDDEN[what].search(source)
