"""Every word of ours can be translated: in a language of brackets, nothing but values stands outside them."""

import re
from collections.abc import Iterator
from copy import copy
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from tests.leadflip.doors import BODIES, House, quiet, read, undone

OPEN, CLOSE = "⟦", "⟧"
# Their text is a value, or no text.
VALUES = {"script", "style", "textarea", "pre", "code", "bdi", "time"}
# What the house is filled with, names, and two words that stand in Django's own templates.
VALUE = re.compile(
    r"(?:Partner|Profile|Person|Policy|Solar lead|Source) \d+|Acme Solar|Other Roofs|Colleague|Owner|Reader"
    r"|Stranger|Viewer|[\w.-]+@example\.com|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|…[0-9a-f]{12}"
    r"|lf_\w+…|solar-lead-\d+|\bapi\b|\bEUR\b|[A-Z]\w+(?:/[\w+-]+)+|Leadflip(?: Distribution)?|https://\S+"
    r"|^Search$|^True$"
    # What programs call it: of HTTP, of intake, a zone.
    r"|^(?:PATCH|POST|PUT|UTC|consent_\w+|note|source|status)$"
    # Paths into a JSON answer, and a payload shape.
    r"|^result\.\w+$|^\{\s(?s:.+)\s\}$"
)
VOID = {"br", "img", "input", "link", "meta", "hr", "use", "path"}
SPOKEN = ("placeholder", "aria-label", "alt", "title", "data-label", "data-one", "data-many", "done")


def bracketed(text: str) -> str:
    return f"{OPEN}{text}{CLOSE}" if text else text


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The language."""
    real: Any = translation._trans  # type: ignore[attr-defined]  # where Django keeps the language in force
    gettext, ngettext, pgettext, npgettext = real.gettext, real.ngettext, real.pgettext, real.npgettext
    monkeypatch.setattr(real, "gettext", lambda text: bracketed(gettext(text)))
    monkeypatch.setattr(real, "ngettext", lambda *args: bracketed(ngettext(*args)))
    monkeypatch.setattr(real, "pgettext", lambda *args: bracketed(pgettext(*args)))
    monkeypatch.setattr(real, "npgettext", lambda *args: bracketed(npgettext(*args)))


class Outside(HTMLParser):
    """Collects what stands outside the brackets."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth = 0
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._inside.append(tag)
        pressed = tag == "input" and dict(attrs).get("type") in ("submit", "button", "reset")
        for name, value in attrs:
            if (name in SPOKEN or (pressed and name == "value")) and value and OPEN not in value:
                self._note(value, f"{tag} {name}")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        plain = ""
        for sign in data:
            if sign == OPEN:
                self._depth += 1
            elif sign == CLOSE:
                self._depth -= 1
            elif not self._depth:
                plain += sign
        if not VALUES & {*self._inside}:
            self._note(plain, self._inside[-1] if self._inside else "")

    def _note(self, text: str, where: str) -> None:
        rest = VALUE.sub("", text)
        if re.search(r"[^\W\d_]{2}", rest):
            self.found.append(f"{where}: {' '.join(text.split())}")


def test_all_words_can_be_translated(db: None, brackets: None) -> None:
    house = House()
    found: dict[str, str] = {}
    areas = {"/admin/": "admin", "/portal/": "partner", "/account/": "anonymous", "/forms/": "anonymous"}
    for area, role in areas.items():
        client = house.client(role)
        for line in read():
            if not line.url.startswith(area):
                continue
            for answer in answers(client, house, line.url):
                if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
                    reader = Outside()
                    reader.feed(answer.content.decode())
                    found.update((words, line.url) for words in reader.found)
    assert found == {}


def answers(client: Client, house: House, url: str) -> Iterator[Any]:
    """The page; of the portal also what comes of a form, empty and filled in."""
    path, cookies = house.path(url), copy(client.cookies)
    with quiet():
        yield client.get(path)
        for form in ({}, {**house.sent(BODIES, url), "text": "Person"}) if url.startswith("/portal/") else ():
            with undone():
                yield client.post(path, form, follow=True)
            client.cookies = copy(cookies)
