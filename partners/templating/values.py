"""How the JSON values of a lead behave in a template: as text, as items, when compared."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from partners.sheet import ADDRESS_PARTS
from partners.templating.bounds import Budget, size


def text(value: Any) -> str:
    """A value as it is written: missing is empty, a list and an address are joined by commas."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | dict):
        return joined(items(value), ", ")
    return str(value)


def joined(values: Iterable[Any], between: str) -> str:
    """Their texts, one after the other. Raises TemplateError once that is too long, not when it is made."""
    parts: list[str] = []
    length = 0
    for value in values:
        parts.append(text(value))
        length += len(parts[-1]) + len(between)
        Budget.room(length - len(between))
    return between.join(parts)


def number(value: int | float) -> str:
    """A number without exponent, as it was typed."""
    return format(Decimal(repr(value)), "f")


def items(value: Any) -> list[Any]:
    """A value's own items: those of a list, the parts of an address that are there, else none."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value[part] for part in ADDRESS_PARTS if value.get(part) is not None]
    return []


def truth(value: Any) -> bool:
    """What `if` makes of a value: an address without any part counts as missing."""
    return bool(items(value)) if isinstance(value, dict) else bool(value)


def weight(value: Any) -> int:
    """Bytes that a value holds as text."""
    if isinstance(value, str):
        return size(value)
    if isinstance(value, list | dict):
        return sum(weight(item) for item in (value.values() if isinstance(value, dict) else value))
    return 1


def is_number(value: Any) -> bool:
    """Whether `value` is a number (true and false are not)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def less(left: Any, right: Any) -> bool:
    """left < right for two numbers or two texts; false for all else, so also for what is missing."""
    if is_number(left) and is_number(right):
        return bool(left < right)
    return isinstance(left, str) and isinstance(right, str) and left < right


def contains(whole: Any, part: Any) -> bool:
    """Whether a text holds a text, or a list or an address an item."""
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    return part in items(whole)
