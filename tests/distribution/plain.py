"""Rules once more, as docs/rules.md tells them: slow, plain, and without a line of the product.

A condition is (field, operator, value), the value in normal form already: see `test_rules_plain`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Condition = tuple[str, str, Any]

# Operators that begin with "not" hold exactly where their counterparts do not.
OPPOSITES = {
    "not_equals": "equals",
    "not_contains": "contains",
    "not_in_list": "in_list",
    "is_empty": "is_not_empty",
}
ORDER = ("greater_than", "less_than", "between")


def miss(
    alternatives: Sequence[Sequence[Condition]], types: Mapping[str, str], lead: Any
) -> list[int] | None:
    """None where the lead matches, else the place of the first failing condition of the nearest one."""
    failing = [
        [place for place, condition in enumerate(alternative) if not holds(condition, types, lead)]
        for alternative in alternatives
    ]
    if not failing or [] in failing:
        return None
    nearest = min(range(len(failing)), key=lambda number: len(failing[number]))
    return [nearest, failing[nearest][0]]


def holds(condition: Condition, types: Mapping[str, str], lead: Mapping[str, Any]) -> bool:
    """Whether one condition does."""
    field, op, value = condition
    if op in OPPOSITES:
        return not holds((field, OPPOSITES[op], value), types, lead)
    met = part(field, lead)
    if op == "is_not_empty":
        return not empty(met)
    type_ = types[field]
    found = None if empty(met) else read(type_, op, met)
    return found is not None and compare(type_, op, found, value)


def compare(type_: str, op: str, found: Any, value: Any) -> bool:
    """A value that is there and can be read, with the rule's."""
    if op in ("in_list", "between"):
        values = [read(type_, op, each) for each in value]
        if op == "between":
            return bool(values[0] <= found <= values[1])
        return any(each <= found for each in values) if type_ == "multi_select" else found in values
    wanted = read(type_, op, value)
    match op:
        case "equals":
            return bool(found == wanted)
        case "contains":
            return bool(wanted <= found) if type_ == "multi_select" else wanted in found
        case "starts_with":
            return bool(found.startswith(wanted))
        case "greater_than":
            return bool(found > wanted)
        case "less_than":
            return bool(found < wanted)
    raise AssertionError(op)


def part(field: str, lead: Mapping[str, Any]) -> Any:
    """What the lead holds in a field, or in a part of an address."""
    name, dot, part_ = field.partition(".")
    whole = lead.get(name)
    if not dot:
        return whole
    return whole.get(part_) if isinstance(whole, dict) else None


def empty(met: Any) -> bool:
    """Missing, blank, a list without items, an address without parts; 0 and no are values."""
    if isinstance(met, dict):
        return all(each is None or (isinstance(each, str) and each.strip() == "") for each in met.values())
    return met is None or met == [] or (isinstance(met, str) and met.strip() == "")


def read(type_: str, op: str, met: Any) -> Any:
    """A value as its type compares it; None where it is none of that type."""
    match type_:
        case "number":
            number = isinstance(met, int | float) and not isinstance(met, bool)
            return Decimal(str(met)) if number else None
        case "date":
            return _calendar(met) if _looks(r"\d{4}-\d\d-\d\d", met) else None
        case "datetime":
            return _moment(met)
        case "checkbox":
            return met if isinstance(met, bool) else None
        case "multi_select":
            each = [met] if isinstance(met, str) and op != "equals" else met
            options = {fold(one) for one in each if isinstance(one, str)} if isinstance(each, list) else ()
            return options or None
        case "phone":
            return met.replace(" ", "") if isinstance(met, str) else None
    if not isinstance(met, str):
        return None
    if op in ORDER:
        return Decimal(met.strip()) if _looks(r"[+-]?\d+(\.\d+)?", met.strip()) else None
    return fold(met.strip())


def fold(text: str) -> str:
    """Without regard to case and to how accents are encoded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _calendar(met: str) -> date | None:
    try:
        return date(*map(int, met.split("-")))
    except ValueError:
        return None


def _moment(met: Any) -> datetime | None:
    if not _looks(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", met):
        return None
    moment = datetime.fromisoformat(met)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _looks(pattern: str, met: Any) -> bool:
    return isinstance(met, str) and re.fullmatch(pattern, met, re.ASCII) is not None
