"""The filters of a template. A missing value stays missing; what a filter is not for passes as it is.

So a lead's odd value never fails a delivery: the field's type is checked when the template is saved.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from partners.templating.bounds import Budget
from partners.templating.values import is_number, items, joined, text

DATE_LETTERS = "YymdHMSBbAaj"
NUMBERS = frozenset({"number"})
DATES = frozenset({"date", "datetime"})
LISTS = frozenset({"multi_select", "address"})
_ENCODER = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument. With `check` it must be a constant, which `check` finds fault with or not (None)."""

    name: str
    required: bool = False
    check: Callable[[Any], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """`apply(budget, value, **arguments)`; `kinds` are the field types it is for, None for all."""

    apply: Callable[..., Any]
    parameters: tuple[Parameter, ...] = ()
    kinds: frozenset[str] | None = None


def _texts(change: Callable[[str], str]) -> Filter:
    def apply(budget: Budget, value: Any) -> Any:
        return None if value is None else budget.made(change(budget.made(text(value))))

    return Filter(apply)


def _default(budget: Budget, value: Any, default_value: Any = "", boolean: Any = False) -> Any:
    return default_value if value is None or (boolean and not value) else value


def _replace(budget: Budget, value: Any, old: Any, new: Any) -> Any:
    if value is None:
        return None
    whole, before, after = budget.made(text(value)), text(old), text(new)
    budget.room(len(whole) + whole.count(before) * (len(after) - len(before)))
    return budget.made(whole.replace(before, after))


def _truncate(budget: Budget, value: Any, length: int = 255) -> Any:
    if value is None:
        return None
    whole = budget.made(text(value))
    return whole if len(whole) <= length else whole[: length - 1].rstrip() + "…"


def _round(budget: Budget, value: Any, precision: int = 0) -> Any:
    if not is_number(value) or not abs(value) < 1e15:
        return value
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)
    return int(rounded) if precision == 0 else float(rounded)


def _date(budget: Budget, value: Any, format: str = "") -> Any:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    chosen = format or ("%Y-%m-%d %H:%M" if len(value) > len("2026-01-31") else "%Y-%m-%d")
    return budget.made(re.sub("%.", lambda found: moment.strftime(found[0]), chosen))


def _join(budget: Budget, value: Any, separator: Any = "") -> Any:
    if not isinstance(value, list | dict):
        return value
    return budget.made(joined(items(value), text(separator)))


def _length(budget: Budget, value: Any) -> int:
    return len(value) if isinstance(value, str | list | dict) else 0


def _end(place: int) -> Callable[..., Any]:
    def apply(budget: Budget, value: Any) -> Any:
        budget.work(value)
        found = value if isinstance(value, str) else items(value)
        return found[place] if found else None

    return apply


def _tojson(budget: Budget, value: Any) -> str:
    pieces: list[str] = []
    length = 0
    for piece in _ENCODER.iterencode(value):
        pieces.append(piece)
        length += len(piece)
        budget.room(length)
    return budget.made("".join(pieces))


def _title(whole: str) -> str:
    return re.sub(r"[^\s\-(\[{<]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), whole)


def _whole(least: int, most: int) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        if type(value) is int and least <= value <= most:
            return None
        return _("It is a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}

    return check


def _date_format(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > 100:
        return _("It is a text of at most 100 characters, such as “%(example)s”.") % {"example": "%d.%m.%Y"}
    odd = next((found for found in re.findall("%.?", value) if found[1:] not in set(DATE_LETTERS)), None)
    if odd is None:
        return None
    return _("“%(odd)s” is not known here; use %% and one of %(letters)s.") % {
        "odd": odd,
        "letters": " ".join(DATE_LETTERS),
    }


_DEFAULT = Filter(_default, (Parameter("default_value"), Parameter("boolean")))
_LENGTH = Filter(_length)

FILTERS: dict[str, Filter] = {
    "capitalize": _texts(str.capitalize),
    "count": _LENGTH,
    "d": _DEFAULT,
    "date": Filter(_date, (Parameter("format", check=_date_format),), DATES),
    "default": _DEFAULT,
    "first": Filter(_end(0)),
    "join": Filter(_join, (Parameter("separator"),), LISTS),
    "last": Filter(_end(-1)),
    "length": _LENGTH,
    "lower": _texts(str.lower),
    "replace": Filter(_replace, (Parameter("old", required=True), Parameter("new", required=True))),
    "round": Filter(_round, (Parameter("precision", check=_whole(0, 10)),), NUMBERS),
    "title": _texts(_title),
    "tojson": Filter(_tojson),
    "trim": _texts(str.strip),
    "truncate": Filter(_truncate, (Parameter("length", check=_whole(1, 10_000)),)),
    "upper": _texts(str.upper),
    "urlencode": _texts(lambda whole: quote(whole, safe="", errors="replace")),
}
