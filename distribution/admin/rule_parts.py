"""What a page shows of a condition: the fields and operators on offer, the control of its value."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from distribution.admin.rule_row import Fields, Row, control, typed_as
from distribution.rules.labels import operator_label
from distribution.rules.operators import OPERATORS
from distribution.rules.targets import Target, find, targets


class Choice(NamedTuple):
    """An option of a select or of a list of ticks."""

    key: str
    label: str
    chosen: bool = False
    closed: bool = False


class Group(NamedTuple):
    """Fields that stand together: an address's parts under its label, others without."""

    label: str
    choices: list[Choice]


class Input(NamedTuple):
    """One box of a value. `kind`: the type of an input."""

    label: str
    value: str
    kind: str


def groups(fields: Fields) -> list[Group]:
    """The fields on offer; an encrypted one stands there closed, with the reason."""
    found: list[Group] = []
    for target in targets(fields):
        label = target.spec.label if target.type.key == "address" else ""
        if not found or label or (found[-1].label and not target.part):
            found.append(Group(label, []))
        found[-1].choices.append(_offer(target))
    return found


def _offer(target: Target) -> Choice:
    if not target.spec.encrypted:
        return Choice(target.key, target.spec.label)
    label = _("%(field)s (encrypted: routing cannot read it)") % {"field": target.spec.label}
    return Choice(target.key, label, closed=True)


class Part:
    """A condition on a page. `name` begins the names of its controls."""

    def __init__(self, row: Row, name: str, fields: Fields, focus: str) -> None:
        self.row, self.name = row, name
        self.target = find(row.field, fields)
        self.focused = focus == f"id_{name}-field"

    @property
    def unknown(self) -> bool:
        """Whether it names a field that is not on offer."""
        return bool(self.row.field) and self.target is None

    @property
    def fits(self) -> bool:
        """Whether the operator is one of the field's."""
        return self.target is not None and self.row.op in self.target.type.operators

    @property
    def operators(self) -> list[Choice]:
        """The operators that fit the field."""
        if self.target is None:
            return []
        kind = self.target.type.key
        return [Choice(op, operator_label(op, kind), op == self.row.op) for op in self.target.type.operators]

    @property
    def control(self) -> str:
        """What asks for the value, see `rule_row.control`."""
        return control(self.target, self.row.op) if self.target and self.fits else "nothing"

    @property
    def choices(self) -> list[Choice]:
        """The options to choose or tick."""
        if self.control == "yesno":
            pairs = [("true", _("Yes")), ("false", _("No"))]
        else:
            pairs = [(option, option) for option in (self.target.spec.options if self.target else ())]
        return [Choice(key, label, key in self.row.values) for key, label in pairs]

    @property
    def inputs(self) -> list[Input]:
        """The boxes to type into: two for a pair."""
        pair = OPERATORS[self.row.op].takes == "pair"
        labels = [_("From"), _("To")] if pair else [_("Value")]
        values = (*self.row.values, "", "")
        return [self._input(label, value) for label, value in zip(labels, values, strict=False)]

    def _input(self, label: str, value: str) -> Input:
        kind = self.control
        if kind == "datetime":
            label = _("%(label)s, in UTC") % {"label": label}
        if kind in ("date", "datetime") and typed_as(kind, value):
            return Input(label, value, "datetime-local" if kind == "datetime" else "date")
        return Input(label, value, "number" if kind == "number" else "text")
