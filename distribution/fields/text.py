"""Text on one line and on several."""

import re
from collections.abc import Hashable
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from distribution.fields.base import (
    FieldError,
    FieldSpec,
    FieldType,
    Reader,
    fold,
    needed,
    quoted,
    scalar,
    to_text,
)

TEXT_OPERATORS = (
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "starts_with",
    "in_list",
    "not_in_list",
    "is_empty",
    "is_not_empty",
)
# What compares as a number, also in text: a postcode lies between 80000 and 85999.
ORDERING = ("greater_than", "less_than", "between")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")


def read_text(value: object) -> str | None:
    """A stored value folded for comparing; None for an empty one and for lists and objects."""
    text = scalar(value)
    return fold(text.strip()) or None if text else None


def read_plain_number(value: object) -> Decimal | None:
    """Text that is a number through and through, such as “01067”; None for all other text."""
    text = read_text(value)
    if text is None or not _PLAIN_NUMBER.fullmatch(text):
        return None
    return Decimal(text)


def free_operand(raw: object) -> Hashable:
    """A rule's value that may be any piece of text. Raises FieldError."""
    return needed(read_text(to_text(raw)))


class TextType(FieldType):
    """One line; line breaks become spaces."""

    key = "text"
    operators: ClassVar[tuple[str, ...]] = (*TEXT_OPERATORS, *ORDERING)

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        return " ".join(to_text(raw).splitlines()) or None

    def read(self, value: object) -> str | None:
        return read_text(value)

    def reader(self, op: str) -> Reader:
        return read_plain_number if op in ORDERING else self.read

    def operand(self, op: str, raw: object, spec: FieldSpec) -> Hashable:
        if op not in ORDERING:
            return super().operand(op, raw, spec)
        number = read_plain_number(raw)
        if number is None:
            message = _(
                "%(value)s is not a plain number such as 80000; this operator compares text by number."
            )
            raise FieldError(message, value=quoted(raw, spec))
        return number


class TextareaType(FieldType):
    """Several lines; line ends are those of Unix."""

    key = "textarea"
    operators = TEXT_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        return to_text(raw).replace("\r\n", "\n").replace("\r", "\n") or None

    def read(self, value: object) -> str | None:
        return read_text(value)
