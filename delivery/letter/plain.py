"""A readable text for an HTML body, for mail programs and people that do without HTML."""

import re
from html.parser import HTMLParser

BLOCKS = frozenset(["blockquote", "div", "li", "ol", "pre", "tr", "ul"])
APART = frozenset(["h1", "h2", "h3", "h4", "hr", "p", "table"])


def text_of(body: str) -> str:
    """The text of a cleaned HTML body: blocks as lines, cells side by side, links written out."""
    reader = _Reader()
    reader.feed(body)
    reader.close()
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    """Gathers the text; `pre` keeps its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._links: list[str] = []
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._break(tag)
        if tag == "pre":
            self._pre += 1
        elif tag == "a":
            self._links.append(given.get("href", ""))
        elif said := {"li": "- ", "br": "\n", "img": given.get("alt", "")}.get(tag):
            self.pieces.append(said)

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        if tag == "pre":
            self._pre -= 1
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        elif tag == "a" and self._links:
            self._write_link(self._links.pop())

    def handle_data(self, data: str) -> None:
        spaced = data if self._pre else re.sub(r"\s+", " ", data)
        if said := spaced.lstrip(" ") if self._at_line_start() else spaced:
            self.pieces.append(said)

    def _at_line_start(self) -> bool:
        return not self.pieces or self.pieces[-1].endswith("\n")

    def _break(self, tag: str) -> None:
        if tag in APART:
            self.pieces.append("\n\n")
        elif tag in BLOCKS and not self._at_line_start():
            self.pieces.append("\n")

    def _write_link(self, href: str) -> None:
        shown = self.pieces[-1].strip() if self.pieces else ""
        if href and shown not in (href, href.removeprefix("mailto:"), href.removeprefix("tel:")):
            self.pieces.append(f" ({href})")
