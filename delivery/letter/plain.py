"""A readable text for an HTML body, for mail programs and people that do without HTML."""

import re
from html import unescape

BLOCKS = frozenset(["blockquote", "div", "li", "ol", "pre", "tr", "ul"])
APART = frozenset(["h1", "h2", "h3", "h4", "hr", "p", "table"])
SAID = {"li": "- ", "br": "\n", "/td": " ", "/th": " "}
# What nh3 writes: values always stand in double quotes, and no text holds a bare "<".
_TAG = re.compile(r'<(/?[a-z0-9]+)((?:[^>"]|"[^"]*")*)>')
_SHOWN = re.compile(r'\b(?:href|alt)="([^"]*)"')


def text_of(body: str) -> str:
    """The text of a body that `clean.html` made: blocks as lines, cells side by side, links written out."""
    reader = _Reader()
    after = 0
    for found in _TAG.finditer(body):
        reader.data(body[after : found.start()])
        reader.tag(found[1], found[2])
        after = found.end()
    reader.data(body[after:])
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader:
    """Gathers the text; `pre` keeps its lines."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._links: list[str] = []
        self._pre = False

    def tag(self, tag: str, attributes: str) -> None:
        """An opening tag, or a closing one with its slash."""
        self._break(tag.removeprefix("/"))
        shown = _SHOWN.search(attributes)
        if tag == "a":
            self._links.append(unescape(shown[1]) if shown else "")
        elif tag == "/a" and self._links:
            self._write_link(self._links.pop())
        elif tag == "img" and shown:
            self._say(unescape(shown[1]))
        elif tag.endswith("pre"):
            self._pre = tag == "pre"
        self._say(SAID.get(tag, ""))

    def data(self, data: str) -> None:
        """What stands between two tags."""
        said = unescape(data)
        if not self._pre:
            said = re.sub(r"\s+", " ", said)
            said = said.lstrip(" ") if self._at_line_start() else said
        self._say(said)

    def _say(self, text: str) -> None:
        if text:
            self.pieces.append(text)

    def _at_line_start(self) -> bool:
        return not self.pieces or self.pieces[-1].endswith("\n")

    def _break(self, name: str) -> None:
        if name in APART:
            self._say("\n\n")
        elif name in BLOCKS and not self._at_line_start():
            self._say("\n")

    def _write_link(self, href: str) -> None:
        shown = self.pieces[-1].strip() if self.pieces else ""
        if href and shown not in (href, href.removeprefix("mailto:"), href.removeprefix("tel:")):
            self._say(f" ({href})")
