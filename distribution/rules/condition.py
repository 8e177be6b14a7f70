"""One condition of a document, read against the fields: {"field": …, "op": …, "value": …}."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeAlias

from django.utils.translation import gettext as _

from distribution.fields import FieldError, FieldSpec, is_empty
from distribution.rules.operators import OPERATORS
from distribution.rules.targets import Target, find, nearest

Path: TypeAlias = tuple[int | str, ...]

MAX_LIST = 10_000
MEMBERS = ("field", "op", "value")
_EXAMPLE = '{"field": "city", "op": "equals", "value": "Berlin"}'


class Read(NamedTuple):
    """A condition, its value ready to be compared. `written` is the value as the document has it."""

    target: Target
    op: str
    operand: Any
    written: Any


class WrongError(Exception):
    """What is wrong with a condition, and where in it."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message


def read_condition(document: object, fields: Mapping[str, FieldSpec]) -> Read:
    """The condition in `document`. Raises WrongError with the first thing that is wrong."""
    if not isinstance(document, dict):
        raise WrongError((), _("A condition is an object such as %(example)s.") % {"example": _EXAMPLE})
    for name in document:
        if name not in MEMBERS:
            message = _("“%(name)s” is no part of a condition; write field, op and value.")
            raise WrongError((str(name),), message % {"name": str(name)[:100]})
    target = _target(document.get("field"), fields)
    op = _operator(document.get("op"), target)
    written = document.get("value")
    return Read(target, op, _operand(op, written, target), written)


def _target(name: object, fields: Mapping[str, FieldSpec]) -> Target:
    if not isinstance(name, str) or not name:
        raise WrongError(("field",), _("Name the field to compare, such as city or address.postcode."))
    target = find(name, fields)
    if target is None:
        raise WrongError(("field",), _unknown_field(name, fields))
    if target.spec.encrypted:
        message = _("“%(name)s” is encrypted: routing cannot read its values. Compare another field.")
        raise WrongError(("field",), message % {"name": name})
    return target


def _unknown_field(name: str, fields: Mapping[str, FieldSpec]) -> str:
    near = nearest(name, fields)
    if near is None:
        return _("There is no field “%(name)s” in this entity.") % {"name": name[:100]}
    return _("There is no field “%(name)s”; did you mean “%(near)s”?") % {"name": name[:100], "near": near}


def _operator(name: object, target: Target) -> str:
    if not isinstance(name, str) or name not in OPERATORS:
        raise WrongError(("op",), _unknown_operator(name, target))
    if name in target.type.operators:
        return name
    if target.type.key == "address":
        message = _("“%(field)s” is an address; compare one of its parts, such as %(field)s.postcode.")
    else:
        message = _("“%(op)s” does not fit the field “%(field)s”; use %(operators)s.")
    named = {"op": name, "field": target.key, "operators": ", ".join(target.type.operators)}
    raise WrongError(("op",), message % named)


def _unknown_operator(name: object, target: Target) -> str:
    near = get_close_matches(str(name)[:100].casefold(), OPERATORS, n=1) if name else []
    named = {"name": str(name)[:100], "near": "".join(near), "all": ", ".join(target.type.operators)}
    if near:
        return _("There is no operator “%(name)s”; did you mean “%(near)s”?") % named
    return _("Name an operator: %(all)s.") % named


def _operand(op: str, written: object, target: Target) -> Any:
    takes = OPERATORS[op].takes
    if takes == "nothing":
        if not is_empty(written):
            raise WrongError(("value",), _("“%(op)s” takes no value; remove it.") % {"op": op})
        return None
    if takes == "one":
        return _one(op, written, target, ("value",))
    return _many(op, written, target) if takes == "list" else _pair(op, written, target)


def _one(op: str, written: object, target: Target, path: Path) -> Any:
    try:
        return target.type.operand(op, written, target.spec)
    except FieldError as error:
        raise WrongError(path, str(error)) from None


def _many(op: str, written: object, target: Target) -> frozenset[Any]:
    if not isinstance(written, list) or not 1 <= len(written) <= MAX_LIST:
        message = _("“%(op)s” takes a list of 1 to %(most)d values, such as [%(example)s].")
        named = {"op": op, "most": MAX_LIST, "example": '"a", "b"'}
        raise WrongError(("value",), message % named)
    return frozenset(_one(op, item, target, ("value", place)) for place, item in enumerate(written))


def _pair(op: str, written: object, target: Target) -> tuple[Any, Any]:
    if not isinstance(written, list) or len(written) != 2:
        message = _("“%(op)s” takes a list of two values, the lower one first.") % {"op": op}
        raise WrongError(("value",), message)
    low, high = (_one(op, item, target, ("value", place)) for place, item in enumerate(written))
    if low > high:
        raise WrongError(("value",), _("The first value is greater than the second; exchange them."))
    return low, high
