"""Numbers, kept as JSON numbers of 15 significant digits: what every reader of JSON can hold.

Fractions are rounded to that; a whole number that is longer is refused, since it is likely an id.
"""

import math
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

from django.utils.translation import gettext_lazy as _

from distribution.fields.base import FieldError, FieldSpec, FieldType, quoted, to_text

NUMBER_OPERATORS = (
    "equals",
    "not_equals",
    "in_list",
    "not_in_list",
    "greater_than",
    "less_than",
    "between",
    "is_empty",
    "is_not_empty",
)
MAX_DIGITS = 15
LIMIT = Decimal(10) ** MAX_DIGITS
_ROUND = Context(prec=MAX_DIGITS, rounding=ROUND_HALF_EVEN)
_BLANK_GROUPS = re.compile(r"[\s'’]")
_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE]-[0-9]{1,3})?")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
# One comma, three digits behind it and one to three before: thousands to some, a fraction to others.
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?P<sign>[,. ])[0-9]{3}((?P=sign)[0-9]{3})*((?!(?P=sign))[.,][0-9]+)?")


def parse_number(raw: object, spec: FieldSpec) -> Decimal | None:
    """`raw` rounded to 15 digits, None when empty. Raises FieldError.

    In text the point is the decimal sign; a comma is one too where it cannot part thousands.
    """
    text = to_text(raw)
    if not text:
        return None
    number = _written(text, spec) if isinstance(raw, str) else read_number(raw)
    if number is None:
        raise FieldError(_("%(value)s is not a number; write one such as 1234.5."), value=quoted(raw, spec))
    rounded = _ROUND.plus(number)
    if abs(rounded) >= LIMIT:
        message = _("%(value)s is longer than 15 digits; keep it in a text field.")
        raise FieldError(message, value=quoted(raw, spec))
    return rounded


def _written(text: str, spec: FieldSpec) -> Decimal | None:
    text = _BLANK_GROUPS.sub(" ", text).replace("−", "-")
    if _EITHER.fullmatch(text):
        message = _("%(value)s can be two numbers; write it without thousands separators, such as 1234.5.")
        raise FieldError(message, value=quoted(text, spec))
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if _COMMA.fullmatch(text):
        return Decimal(text.replace(",", "."))
    grouped = _GROUPED.fullmatch(text)
    return Decimal(text.replace(grouped["sign"], "").replace(",", ".")) if grouped else None


def to_json(number: Decimal | None) -> int | float | None:
    """The JSON number that stands for `number`: a whole one as int."""
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def read_number(value: object) -> Decimal | None:
    """A stored number, exact; None for what is none. Never raises."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return Decimal(value) if isinstance(value, str) and _PLAIN.fullmatch(value) else None


class NumberType(FieldType):
    """A number between -10^15 and 10^15."""

    key = "number"
    operators = NUMBER_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> int | float | None:
        return to_json(parse_number(raw, spec))

    def read(self, value: object) -> Decimal | None:
        return read_number(value)
