"""What a browser would send: the controls of a page's form, as they stand."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

Values = dict[str, list[str]]


class _Controls(HTMLParser):
    """Collects the successful controls of the form whose id ends with `_form`."""

    def __init__(self) -> None:
        super().__init__()
        self.values: Values = {}
        self._inside = False
        self._select: str | None = None
        self._text: tuple[str, list[str]] | None = None
        self._first: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = (given.get("id") or "").endswith("_form")
        elif self._inside and tag == "input":
            self._input(given)
        elif self._inside and tag == "select":
            self._select, self._first = given.get("name"), None
        elif tag == "option" and self._select:
            self._option(given)
        elif self._inside and tag == "textarea":
            self._text = (given.get("name") or "", [])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select:
            if self._first is not None:
                self.values.setdefault(self._select, [self._first])
            self._select = None
        elif tag == "textarea" and self._text:
            name, parts = self._text
            self.values[name] = ["".join(parts).removeprefix("\n")]
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)

    def _input(self, given: dict[str, str | None]) -> None:
        name, kind = given.get("name"), given.get("type", "text")
        if not name or kind in ("submit", "button", "file") or "disabled" in given:
            return
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        value = given.get("value")
        self.values.setdefault(name, []).append("on" if value is None and kind == "checkbox" else value or "")

    def _option(self, given: dict[str, str | None]) -> None:
        assert self._select
        self._first = (given.get("value") or "") if self._first is None else self._first
        if "selected" in given:
            self.values.setdefault(self._select, []).append(given.get("value") or "")


def controls(response: Any) -> Values:
    """Name → values of the page's main form; rows that only serve as templates are left out."""
    reader = _Controls()
    reader.feed(response.content.decode())
    return {name: values for name, values in reader.values.items() if "__prefix__" not in name}


def submit(client: Client, url: str, changes: Mapping[str, Any]) -> HttpResponse:
    """Opens `url`, changes the named controls (None: takes one out) and sends its form."""
    page = client.get(url)
    assert page.status_code == 200, page.status_code
    values: dict[str, Any] = {**controls(page), **changes}
    sent = {name: value for name, value in values.items() if value is not None}
    return client.post(url, sent)  # type: ignore[return-value] # a test response is a response


def errors(response: Any) -> str:
    """The text of all error lists of a page."""
    assert response.status_code == 200, f"answered {response.status_code}, not the form again"
    reader = _Errors()
    reader.feed(response.content.decode())
    return " ".join(reader.found)


class _Errors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "ul":
            self._inside = "errorlist" in (dict(attrs).get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "ul":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.found.append(data.strip())
