"""The verdicts of a decision in few bytes: losers would else outweigh the leads.

In Python they are a list with an item for each assignment of the version, in its order: [code] or
[code, detail]. In the row they are one text, a word an item: the code's letter and the detail's parts;
a code without a letter stands whole, as in "=budget:12,50".
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

Verdict = Sequence[Any]

LETTERS = {
    "chosen": "c",
    "outranked": "o",
    "not_its_turn": "t",
    "offered": "f",
    "not_named": "n",
    "disabled": "d",
    "inactive": "i",
    "no_settings": "s",
    "rules": "r",
    "profile_rules": "p",
    "closed": "h",
    "cap": "k",
    "own": "w",
    "pacing": "e",
    "error": "x",
}
CODES = {letter: code for code, letter in LETTERS.items()}
# Their detail is an instant, the others' a list of numbers and words.
TIMES = ("chosen", "closed")


class VerdictsField(models.JSONField):
    """A JSON column whose value is the text; reads what older rows hold, [assignment id, code, …] items."""

    def get_prep_value(self, value: Any) -> Any:
        return encode(value) if isinstance(value, list) else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        stored = super().from_db_value(value, expression, connection)
        return decode(stored) if isinstance(stored, str) else [list(item[1:]) for item in stored or ()]


def encode(verdicts: Iterable[Verdict]) -> str:
    """`decode`'s inverse."""
    return " ".join(map(word, verdicts))


def decode(text: str) -> list[list[Any]]:
    """The verdicts of a row."""
    return [_verdict(*_parted(word)) for word in text.split()]


def word(verdict: Verdict) -> str:
    """One verdict as it stands in the text."""
    code, *details = verdict
    parts = [
        part for detail in details for part in (detail if isinstance(detail, list | tuple) else [detail])
    ]
    return (LETTERS.get(code) or f"={code}:") + ",".join(map(str, parts))


def _parted(word: str) -> tuple[str, str]:
    if word[0] != "=":
        return CODES[word[0]], word[1:]
    code, _colon, rest = word[1:].partition(":")
    return code, rest


def _verdict(code: str, rest: str) -> list[Any]:
    if not rest:
        return [code]
    if code in TIMES:
        return [code, rest]
    return [code, [int(part) if part.lstrip("-").isdigit() else part for part in rest.split(",")]]
