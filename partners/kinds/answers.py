"""Answer rules: what a partner's answer means where its status does not say all.

A status, a JSON value or a piece of text is compared exactly; there are no regular expressions, whose time
nobody can bound. What is read is cut to 4 KiB before it comes here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MOST_RULES = 20
LONGEST_VALUE = 200
LONGEST_PATH = 200
MOST_STEPS = 10
LONGEST_ID = 200
PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")

WHERE: Mapping[str, Promise] = {
    "status": gettext_lazy("Status"),
    "json": gettext_lazy("JSON value"),
    "text": gettext_lazy("Text"),
}
MEANS: Mapping[str, Promise] = {
    "accepted": gettext_lazy("Accepted"),
    "rejected": gettext_lazy("Rejected"),
    "duplicate": gettext_lazy("Duplicate"),
}
_ABSENT = object()
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class PathError(ValueError):
    """Not a path; the text says how one is written."""


@lru_cache(maxsize=1024)
def steps(path: str) -> tuple[str, ...]:
    """The steps of `result.items[0].code` (`$.` may stand before it). Raises PathError."""
    plain = re.sub(r"\[([0-9]{1,4})\]", r".\1", path.strip().removeprefix("$").removeprefix("."))
    found = tuple(plain.split("."))
    if not all(found) or len(found) > MOST_STEPS or len(path) > LONGEST_PATH or re.search(r"[\[\]*?]", plain):
        raise PathError(
            _("Write the names that lead to the value, divided by dots: result.status or items[0].code.")
        )
    return found


@dataclass(frozen=True, slots=True)
class Rule:
    """`where`: status, json or text. `value` "" of a JSON value: anything but null, false and empty."""

    where: str
    value: str
    means: str
    path: str = ""

    def holds(self, answer: "Read") -> bool:
        """Whether it speaks of this answer. A value's case does not count."""
        wanted = self.value.casefold()
        if self.where == "status":
            return wanted in {str(answer.status), f"{answer.status // 100}xx"}
        if self.where == "text":
            return wanted in answer.text.casefold()
        found = answer.at(self.path)
        if not wanted:
            return found is not _ABSENT and found is not False and found not in _EMPTY
        return _text(found).casefold() == wanted

    def words(self) -> str:
        """What it looks for."""
        if self.where == "status":
            return _("its status is %s") % self.value
        if self.where == "text":
            return _("it contains “%s”") % self.value
        if not self.value:
            return _("its value %s is there") % self.path
        return _("its value %(path)s is “%(value)s”") % {"path": self.path, "value": self.value}


class Reading(NamedTuple):
    """What an answer means: "" where no rule says. `facts`: id and price that stand in it, if any."""

    means: str = ""
    rule: Rule | None = None
    facts: Mapping[str, str] = {}
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """The rules in their order, and where id and price stand."""

    rules: tuple[Rule, ...] = ()
    id: str = ""
    price: str = ""

    def __bool__(self) -> bool:
        return bool(self.rules or self.id or self.price)

    @classmethod
    def load(cls, saved: Mapping[str, Any]) -> "Answers":
        """What `save` made."""
        rules = (
            Rule(each["where"], each["value"], each["means"], each.get("path", ""))
            for each in saved.get("rules") or ()
        )
        return cls(tuple(rules), str(saved.get("id") or ""), str(saved.get("price") or ""))

    def save(self) -> dict[str, Any]:
        """As JSON; {} for none."""
        if not self:
            return {}
        rules = [
            {"where": rule.where, "path": rule.path, "value": rule.value, "means": rule.means}
            for rule in self.rules
        ]
        return {"rules": rules, "id": self.id, "price": self.price}

    def read(self, status: int, text: str) -> Reading:
        """The first rule that holds decides. No status outside of 200–299 can mean accepted."""
        answer = Read(status, text)
        taken = 200 <= status <= 299
        said = next(
            (rule for rule in self.rules if (rule.means != "accepted" or taken) and rule.holds(answer)),
            None,
        )
        note = self._note(answer) if said is None else ""
        return Reading(said.means if said else "", said, dict(self._facts(answer)), note)

    def _facts(self, answer: "Read") -> Iterator[tuple[str, str]]:
        if found := _id(answer.at(self.id)):
            yield "id", found
        if found := _price(answer.at(self.price)):
            yield "price", found

    def _note(self, answer: "Read") -> str:
        asked = self.id or self.price or any(rule.where == "json" for rule in self.rules)
        if not asked or answer.document is not _ABSENT:
            return ""
        return _("Its answer is no JSON, or over the 4 KiB that are read: no rule on a JSON value held.")


NO_RULES = Answers()


class Read:
    """One answer; its JSON is read when first asked for."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        self._document: Any = None
        self._known = False

    @property
    def document(self) -> Any:
        """The JSON document; a mark of its own where there is none."""
        if not self._known:
            self._document, self._known = _json(self.text), True
        return self._document

    def at(self, path: str) -> Any:
        """The value at a path, or the mark."""
        found = self.document if path else _ABSENT
        for step in steps(path) if path else ():
            if isinstance(found, dict):
                found = found.get(step, _ABSENT)
            elif isinstance(found, list) and step.isascii() and step.isdigit():
                found = found[int(step)] if int(step) < len(found) else _ABSENT
            else:
                return _ABSENT
        return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _ABSENT


def _text(value: Any) -> str:
    """A plain value as JSON writes it, texts without quotes; "" for all else."""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value) if value is None or isinstance(value, bool | int | float) else ""


def _id(value: Any) -> str:
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    text = _text(value) if plain else ""
    return text if len(text) <= LONGEST_ID else ""


def _price(value: Any) -> str:
    text = _text(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return text if PRICE.fullmatch(text) else ""
