"""The bounds of a template. No timer can stop a render, so it is bounded by counting."""

from typing import Any

from django.utils.translation import gettext as _

from partners.templating.errors import TemplateError

KIB = 1024
SOURCE_BYTES = 64 * KIB
VALUE_BYTES = 64 * KIB
OUTPUT_BYTES = 256 * KIB
TURNS = 1_000
LOOPS_NESTED = 2
# Depth and count of what a template may hold.
DEPTH = 40
PARTS = 5_000
# Characters read and made, and STEP for each evaluation: what one render may cost at most.
WORK = 4_000_000
STEP = 16


def size(text: str) -> int:
    """Bytes of `text` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


class Budget:
    """What one render may still spend. Each method raises TemplateError once it is used up."""

    __slots__ = ("_output", "_pieces", "_turns", "_work")

    def __init__(self) -> None:
        self._turns = TURNS
        self._work = WORK
        self._output = OUTPUT_BYTES
        self._pieces: list[str] = []

    def turn(self) -> None:
        """One more turn of any loop."""
        self._turns -= 1
        if self._turns < 0:
            raise TemplateError(_("The template's loops take more than %d turns.") % TURNS)

    def step(self) -> None:
        """One more evaluation."""
        self._work -= STEP
        if self._work < 0:
            raise TemplateError(_("The template does too much with this lead: shorten its loops."))

    def work(self, *values: Any) -> None:
        """One more evaluation, over these values."""
        self._work -= sum(len(value) for value in values if isinstance(value, str | list | dict))
        self.step()

    @staticmethod
    def room(characters: int) -> None:
        """Asked before a value of that length is made."""
        if characters > OUTPUT_BYTES:
            raise TemplateError(_("The template makes a value over %d KiB.") % (OUTPUT_BYTES // KIB))

    def made(self, text: str) -> str:
        """`text`, a value just made, counted."""
        self.room(len(text))
        self.work(text)
        return text

    def keep(self, weight: int) -> None:
        """So many bytes more go out."""
        self._output -= weight
        if self._output < 0:
            raise TemplateError(_("The rendered text is over %d KiB.") % (OUTPUT_BYTES // KIB))

    def write(self, text: str) -> None:
        """`text` appended to the output."""
        self.keep(size(text))
        self._pieces.append(text)

    def output(self) -> str:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return "".join(pieces)
