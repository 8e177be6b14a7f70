"""The operators. Those that begin with "not" hold exactly where their counterparts do not.

So on an empty value, and on one that cannot be read as its field's type, the plain operators do not
hold and the others do. `docs/rules.md` has a line for each operator and field type.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

# Asks about a value that was read by its field's type: never None, of the operand's kind.
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """`test(operand, many)` makes the question; `many`: values are sets of options.

    `takes` is what a rule gives: a value, a list of them, a pair (low, high), or nothing.
    """

    key: str
    takes: Literal["nothing", "one", "list", "pair"]
    test: Callable[[Any, bool], Test]
    negative: bool = False


def _equals(operand: Any, many: bool) -> Test:
    return lambda met: bool(met == operand)


def _contains(operand: Any, many: bool) -> Test:
    return lambda met: operand in met


def _starts_with(operand: Any, many: bool) -> Test:
    return lambda met: bool(met.startswith(operand))


def _in_list(operand: Any, many: bool) -> Test:
    wanted = frozenset(operand)
    return (lambda met: not wanted.isdisjoint(met)) if many else (lambda met: met in wanted)


def _greater_than(operand: Any, many: bool) -> Test:
    return lambda met: bool(met > operand)


def _less_than(operand: Any, many: bool) -> Test:
    return lambda met: bool(met < operand)


def _between(operand: Any, many: bool) -> Test:
    low, high = operand
    return lambda met: bool(low <= met <= high)


def _is_not_empty(operand: Any, many: bool) -> Test:
    return lambda met: True


_ALL = (
    Operator("equals", "one", _equals),
    Operator("not_equals", "one", _equals, negative=True),
    Operator("contains", "one", _contains),
    Operator("not_contains", "one", _contains, negative=True),
    Operator("starts_with", "one", _starts_with),
    Operator("in_list", "list", _in_list),
    Operator("not_in_list", "list", _in_list, negative=True),
    Operator("greater_than", "one", _greater_than),
    Operator("less_than", "one", _less_than),
    Operator("between", "pair", _between),
    Operator("is_empty", "nothing", _is_not_empty, negative=True),
    Operator("is_not_empty", "nothing", _is_not_empty),
)
OPERATORS = {operator.key: operator for operator in _ALL}
