"""The document of rules as it is saved: a list of alternatives, each a list of conditions.

    [[{"field": "address.postcode", "op": "starts_with", "value": "8"}, …], …]

A lead matches when all conditions of one alternative hold; [] matches every lead.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from django.utils.translation import gettext as _

from distribution.fields import FieldSpec
from distribution.rules.condition import Path, Read, WrongError, read_condition

RulesDoc: TypeAlias = list[list[dict[str, Any]]]

MAX_ALTERNATIVES = MAX_CONDITIONS = 100


class RuleError(NamedTuple):
    """What is wrong and how to mend it.

    `path`: the alternative's place, the condition's in it, "field", "op" or "value", the place in a
    list of values; as much of it as is known, () for the document.
    """

    path: Path
    message: str


class RuleErrors(ValueError):
    """A document that cannot be rules; str() has a line for each of `errors`, with its place."""

    def __init__(self, errors: Sequence[RuleError]) -> None:
        super().__init__(errors)
        self.errors = list(errors)

    def __str__(self) -> str:
        return "\n".join(f"{place(path)}{message}" for path, message in self.errors)


def place(path: Path) -> str:
    """Where a path points, in words: "Alternative 2, condition 1: ", "" for the document."""
    numbers = {"first": int(path[0]) + 1} if path else {}
    if len(path) > 1:
        return _("Alternative %(first)d, condition %(second)d: ") % {**numbers, "second": int(path[1]) + 1}
    return _("Alternative %(first)d: ") % numbers if path else ""


def read_document(document: object, fields: Mapping[str, FieldSpec]) -> list[list[Read]]:
    """The conditions of `document`. Raises RuleErrors with an error for each condition at fault."""
    if not isinstance(document, list) or len(document) > MAX_ALTERNATIVES:
        message = _("Rules are a list of at most %(most)d alternatives, each a list of conditions.")
        raise RuleErrors([RuleError((), message % {"most": MAX_ALTERNATIVES})])
    errors: list[RuleError] = []
    alternatives = [_alternative(item, number, fields, errors) for number, item in enumerate(document)]
    if errors:
        raise RuleErrors(errors)
    return alternatives


def _alternative(
    document: object, number: int, fields: Mapping[str, FieldSpec], errors: list[RuleError]
) -> list[Read]:
    if not isinstance(document, list) or not 1 <= len(document) <= MAX_CONDITIONS:
        message = _("An alternative is a list of 1 to %(most)d conditions.") % {"most": MAX_CONDITIONS}
        errors.append(RuleError((number,), message))
        return []
    conditions = []
    for position, item in enumerate(document):
        try:
            conditions.append(read_condition(item, fields))
        except WrongError as wrong:
            errors.append(RuleError((number, position, *wrong.path), wrong.message))
    return conditions
