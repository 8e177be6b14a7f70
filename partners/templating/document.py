"""A JSON text, read with the place of each value, and its faults in our own words."""

import json
import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

from django.utils.translation import gettext as _

from partners.templating.errors import Problem, TemplateErrors

DEPTH = 20
LONGEST_NUMBER = 40
_ESCAPE = r'\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})'
_TOKEN = re.compile(
    rf'(?P<text>"(?:[^"\\\x00-\x1f]|{_ESCAPE})*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>true|false|null)(?![A-Za-z0-9_])"
    r"|(?P<sign>[\[\]{}:,])"
)
_BLANK = re.compile(r"[ \t\r\n]*")
# One character of a text as it is written.
_WRITTEN = re.compile(
    r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.|.", re.DOTALL
)


@dataclass(frozen=True)
class Node:
    """A value of a document; an object's and a list's values are nodes too. Line and column from 1."""

    value: Any
    line: int
    column: int
    written: str = field(default="", repr=False)

    @cached_property
    def _lines(self) -> list[int]:
        """How many characters of this text stand before each of its lines."""
        return [0, *accumulate(len(line) + 1 for line in self.value.split("\n"))]

    @cached_property
    def _ends(self) -> list[int]:
        """How much of what is written stands before each character, and before the end."""
        return [0, *(found.end() for found in _WRITTEN.finditer(self.written))]

    def inside(self, line: int, column: int) -> tuple[int, int]:
        """Line and column in the document of a place inside this text."""
        offset = self._lines[min(line, len(self._lines)) - 1] + column - 1
        return self.line, self.column + 1 + self._ends[min(offset, len(self._ends) - 1)]


def read(source: str) -> Node:
    """The document of a JSON text. Raises TemplateErrors at its first fault."""
    reader = _Reader(source)
    found = reader.value(1)
    if reader.kind:
        raise reader.fault(_("The document ends before this: remove it, or put a comma between two values."))
    return found


class _Reader:
    """Stands at one token: `kind` ("" at the end) and `text`."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = self._next = self._start = 0
        self._line = 1
        self.step()

    def step(self) -> None:
        """Goes on to the next token."""
        blank = _BLANK.match(self._source, self._next)
        self._go(blank.end() if blank else self._next)
        found = _TOKEN.match(self._source, self._at)
        if found is None and self._at < len(self._source):
            raise self.fault(_unreadable(self._source[self._at]))
        self.kind, self.text = (str(found.lastgroup), found[0]) if found else ("", "")
        self._next = self._at + len(self.text)

    def _go(self, to: int) -> None:
        """Line breaks are counted once, between two tokens: none holds one."""
        self._line += self._source.count("\n", self._next, to)
        self._start = max(self._start, self._source.rfind("\n", self._next, to) + 1)
        self._at = to

    def fault(self, message: str) -> TemplateErrors:
        """To be raised: what is wrong at this token."""
        return TemplateErrors([Problem(*self._place(), message)])

    def _place(self) -> tuple[int, int]:
        return self._line, self._at - self._start + 1

    def value(self, depth: int) -> Node:
        """The value that begins here."""
        if depth > DEPTH:
            raise self.fault(_("Objects and lists stand at most %d deep in each other.") % DEPTH)
        place, text, kind = self._place(), self.text, self.kind
        if text in ("{", "["):
            self.step()
            return Node(self._object(depth) if text == "{" else self._list(depth), *place)
        if kind in ("", "sign"):
            raise self.fault(
                _("A value is missing here: a text in double quotes, a number, true, false, null.")
            )
        value = self._number() if kind == "number" else json.loads(text)
        self.step()
        return Node(value, *place, text[1:-1] if kind == "text" else "")

    def _number(self) -> int | float:
        value: int | float = json.loads(self.text) if len(self.text) <= LONGEST_NUMBER else math.inf
        if not math.isfinite(value):
            raise self.fault(_("This number is too long: write it in double quotes."))
        return value

    def _object(self, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while not self._ends("}", bool(found)):
            name = self._name(found)
            self.step()
            if self.text != ":":
                raise self.fault(_("A colon is missing between name and value."))
            self.step()
            found[name] = self.value(depth + 1)
        return found

    def _name(self, taken: dict[str, Node]) -> str:
        if self.kind != "text":
            raise self.fault(
                _("A name in double quotes is missing here; a template stands in double quotes as well.")
            )
        name: str = json.loads(self.text)
        if name in taken:
            raise self.fault(_("The name “%s” stands in this object already: keep one of them.") % name[:100])
        return name

    def _list(self, depth: int) -> list[Node]:
        found: list[Node] = []
        while not self._ends("]", bool(found)):
            found.append(self.value(depth + 1))
        return found

    def _ends(self, sign: str, begun: bool) -> bool:
        """Whether the object or list ends here; else steps over the comma between two values."""
        if self.text == sign:
            self.step()
            return True
        if not self.kind:
            raise self.fault(_("The document ends too early: “%s” is missing.") % sign)
        if begun:
            self._comma(sign)
        return False

    def _comma(self, sign: str) -> None:
        if self.text != ",":
            raise self.fault(_("A comma or “%s” is missing before this.") % sign)
        self.step()
        if self.text == sign:
            raise self.fault(_("A comma stands before “%s”: remove it.") % sign)


def _unreadable(character: str) -> str:
    if character == '"':
        return _("This text does not end on its line, or holds a backslash alone: write \\n and \\\\.")
    return _("This cannot be read as JSON: texts and templates stand in double quotes.")
