"""One condition as a form holds it: what its controls say, and the condition that this stands for."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from django.utils.translation import gettext as _

from distribution.fields import FieldError, FieldSpec
from distribution.fields.base import scalar
from distribution.fields.contact import WHOLE
from distribution.fields.text import ORDERING
from distribution.rules.condition import WrongError, read_condition
from distribution.rules.labels import operator_label
from distribution.rules.operators import OPERATORS
from distribution.rules.targets import Target, find

PREFIX = "rules"
_FIELD = re.compile(rf"{PREFIX}-([0-9]{{1,4}})-([0-9]{{1,4}})-field")
# Types whose every value has a normal form; of the others only whole values have, pieces do not.
_FORMED = ("number", "date", "datetime", "checkbox")
Fields = Mapping[str, FieldSpec]


class Sent(Protocol):
    """What a form sends: a QueryDict."""

    def __iter__(self) -> Any: ...
    def get(self, key: str, default: str = "", /) -> Any: ...
    def getlist(self, key: str) -> list[str]: ...


@dataclasses.dataclass(slots=True)
class Row:
    """`values`: what the value's controls say, in their order. `errors`: after `check`."""

    field: str = ""
    op: str = ""
    values: tuple[str, ...] = ()
    errors: list[str] = dataclasses.field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """What two conditions have in common that say the same."""
        return self.field, self.op, self.values

    def settle(self, fields: Fields, *, fresh: bool) -> None:
        """Brings the operator to one that fits the field; `fresh`: the field was changed, values go."""
        target = find(self.field, fields)
        if target is not None and self.op not in target.type.operators:
            self.op = target.type.operators[0]
        if fresh:
            self.values = ()

    def condition(self, fields: Fields) -> dict[str, Any]:
        """The condition of a document; whether it fits is not asked here."""
        named: dict[str, Any] = {"field": self.field, "op": self.op}
        target = find(self.field, fields)
        if target is None or self.op not in OPERATORS or OPERATORS[self.op].takes == "nothing":
            return named
        return {**named, "value": _written(self, target)}

    def check(self, fields: Fields) -> None:
        """Puts what is wrong with the condition into `errors`."""
        self.errors = []
        try:
            read_condition(self.condition(fields), fields)
        except WrongError as wrong:
            self.errors = [_told(self, fields) or wrong.message]


def sent_rows(data: Sent) -> list[list[Row]]:
    """The conditions that a form sent, by alternative."""
    found: dict[int, dict[int, Row]] = {}
    for name in data:
        if match := _FIELD.fullmatch(name):
            row = _sent(data, name.removesuffix("-field"))
            found.setdefault(int(match[1]), {})[int(match[2])] = row
    return [[rows[place] for place in sorted(rows)] for _number, rows in sorted(found.items())]


def saved_row(condition: Mapping[str, Any], fields: Fields) -> Row:
    """A saved condition as its controls show it."""
    name, op = condition["field"], condition["op"]
    target = find(name, fields)
    values = _shown(condition.get("value"), op, target) if target else ()
    return Row(name, op, values)


def control(target: Target, op: str) -> str:
    """What asks for the value: nothing, ticks, select, yesno, lines, date, datetime, number or text."""
    takes, kind = OPERATORS[op].takes, target.type.key
    if takes == "nothing":
        return "nothing"
    if kind in ("select", "multi_select") and op in (*WHOLE, "contains", "not_contains"):
        return _of_options(kind, op)
    if kind == "checkbox":
        return "yesno"
    if takes == "list":
        return "lines"
    if op in ORDERING and kind == "text":
        return "number"
    return kind if kind in ("date", "datetime", "number") else "text"


def typed_as(kind: str, text: str) -> bool:
    """Whether a date's control can show `text`; one that cannot gives way to plain text."""
    try:
        (date if kind == "date" else datetime).fromisoformat(text or "2026-11-24")
    except ValueError:
        return False
    return True


def _of_options(kind: str, op: str) -> str:
    several = op in ("in_list", "not_in_list")
    if kind == "select":
        return "ticks" if several else "text" if op.endswith("contains") else "select"
    return "select" if op.endswith("contains") else "ticks"


def _sent(data: Sent, prefix: str) -> Row:
    values = (value.replace("\r\n", "\n") for value in data.getlist(f"{prefix}-value"))
    return Row(data.get(f"{prefix}-field", ""), data.get(f"{prefix}-op", ""), tuple(values))


def _written(row: Row, target: Target) -> Any:
    takes = OPERATORS[row.op].takes
    if control(target, row.op) == "ticks":
        return list(row.values)
    if takes == "list":
        return [_normal(text, row.op, target) for text in _pieces(row.values)]
    if takes == "pair":
        return [_normal(text, row.op, target) for text in (*row.values, "", "")[:2]]
    return _normal("".join(row.values[:1]), row.op, target)


def _pieces(values: Iterable[str]) -> list[str]:
    """One a line; on a single line commas part them."""
    lines = [line.strip() for value in values for line in value.split("\n") if line.strip()]
    pieces = lines[0].split(",") if len(lines) == 1 else lines
    return [piece.strip() for piece in pieces if piece.strip()]


def _normal(text: str, op: str, target: Target) -> Any:
    """A value in its field's normal form; as typed where it has none."""
    if target.type.key not in _FORMED and op not in WHOLE:
        return text.strip()
    try:
        value = target.type.parse(text, target.spec)
    except FieldError:
        return text.strip()
    return "" if value is None else value


def _shown(value: Any, op: str, target: Target) -> tuple[str, ...]:
    kind = control(target, op)
    if kind == "nothing":
        return ()
    if kind == "ticks":
        return tuple(_options(value, target))
    given = value if isinstance(value, list) else [value]
    texts = [_text(each, op, target) for each in given]
    return ("\n".join(texts),) if kind == "lines" else tuple(texts)


def _options(value: Any, target: Target) -> list[str]:
    """Options as the field has them: rules may write them in any case."""
    given = value if isinstance(value, list) else [value]
    if target.type.key == "multi_select":
        try:
            return [option for each in given for option in target.type.parse(each, target.spec) or ()]
        except FieldError:
            return []
    return [_text(each, "equals", target) for each in given]


def _text(value: Any, op: str, target: Target) -> str:
    text = scalar(value) or ""
    if target.type.key in ("date", "datetime") or control(target, op) in ("select", "ticks", "yesno"):
        normal = _normal(text, "equals", target)
        text = normal[0] if isinstance(normal, list) and normal else scalar(normal) or text
    return text.removesuffix("Z") if target.type.key == "datetime" else text


def _told(row: Row, fields: Fields) -> str | None:
    """What a form says in words of its own; None where the rule's own message does."""
    target = find(row.field, fields)
    if target is None:
        return None if row.field else _("Choose a field, or remove this condition.")
    if row.op not in target.type.operators:
        return _op_told(row.op, target)
    if control(target, row.op) == "ticks" and not row.values:
        return _("Tick at least one option.")
    if OPERATORS[row.op].takes == "list" and not _pieces(row.values):
        return _("Write at least one value.")
    return None


def _op_told(op: str, target: Target) -> str:
    if op not in OPERATORS:
        return _("Choose an operator.")
    label = operator_label(op, target.type.key)
    return _("“%(op)s” does not fit %(field)s: choose another operator.") % {
        "op": label,
        "field": target.spec.label,
    }
