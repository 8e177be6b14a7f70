"""An address: one value of nine parts, each a target of its own in rules, ticks and templates."""

import re
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, cast

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from distribution.fields.base import (
    MAX_BYTES,
    QUOTED_CHARACTERS,
    FieldError,
    FieldSpec,
    FieldType,
    is_empty,
    quoted,
    to_text,
)
from distribution.fields.contact import WHOLE
from distribution.fields.number import NumberType, parse_number, to_json
from distribution.fields.text import TEXT_OPERATORS, TextType, free_operand
from partners.sheet import ADDRESS_PARTS

_COUNTRY_CODE = re.compile(r"[A-Z]{2}")
_NAME_SIGNS = re.compile(r"[\s_-]")


class CountryCodeType(TextType):
    """Two letters of ISO 3166, in capitals. Whether there is such a country is not asked."""

    operators = TEXT_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        code = (super().parse(raw, spec) or "").upper()
        if code and not _COUNTRY_CODE.fullmatch(code):
            message = _("%(value)s is not a country code; write two letters such as DE.")
            raise FieldError(message, value=quoted(raw, spec))
        return code or None

    def operand(self, op: str, raw: object, spec: FieldSpec) -> Hashable:
        return super().operand(op, raw, spec) if op in WHOLE else free_operand(raw)


class CoordinateType(NumberType):
    """Degrees between -`bound` and `bound`."""

    def __init__(self, bound: int) -> None:
        self.bound = bound

    def parse(self, raw: object, spec: FieldSpec) -> int | float | None:
        degrees = parse_number(raw, spec)
        if degrees is not None and abs(degrees) > self.bound:
            message = _(
                "%(value)s lies outside of -%(bound)d to %(bound)d degrees; check the sign and the point."
            )
            raise FieldError(message, value=quoted(raw, spec), bound=self.bound)
        return to_json(degrees)


_text = TextType()
PARTS: dict[str, FieldType] = {
    **dict.fromkeys(ADDRESS_PARTS, _text),
    "country_code": CountryCodeType(),
    "latitude": CoordinateType(90),
    "longitude": CoordinateType(180),
}
PART_LABELS = {
    "street": _("street"),
    "house_number": _("house number"),
    "postcode": _("postcode"),
    "city": _("city"),
    "state": _("state"),
    "country": _("country"),
    "country_code": _("country code"),
    "latitude": _("latitude"),
    "longitude": _("longitude"),
}


class AddressType(FieldType):
    """An object of parts, the empty ones left out. Names are read without regard to case, blanks, _ and -,
    and may stand with the field's key before them (`address.postcode`)."""

    key = "address"
    operators = ("is_empty", "is_not_empty")

    def parse(self, raw: object, spec: FieldSpec) -> dict[str, Any] | None:
        if is_empty(raw) or (isinstance(raw, str) and not to_text(raw)):
            return None
        if not isinstance(raw, Mapping):
            message = _("Send the parts of %(label)s one by one, such as %(key)s.postcode.")
            raise FieldError(message, label=spec.label, key=spec.key)
        return _parse_parts(raw, spec) or None

    def read(self, value: object) -> Hashable | None:
        return None  # only its parts are compared


def part_spec(spec: FieldSpec, part: str) -> FieldSpec:
    """The spec of one part of the address field `spec`."""
    return _part_spec(spec.key, spec.label, spec.encrypted, spec.country, part)


@lru_cache(maxsize=1024)
def _part_spec(key: str, label: str, encrypted: bool, country: str, part: str) -> FieldSpec:
    # Put into words where it is read: kept for all languages, and nothing asks for the language here.
    named = cast("str", format_lazy("{} {}", label, PART_LABELS[part]))
    return FieldSpec(f"{key}.{part}", named, "text", encrypted=encrypted, country=country)


def _part(name: object, spec: FieldSpec) -> str:
    if name in PARTS:
        return str(name)
    short = _NAME_SIGNS.sub("", str(name).removeprefix(f"{spec.key}.")).lower()
    for part in ADDRESS_PARTS:
        if part.replace("_", "") == short:
            return part
    message = _("%(name)s is not a part of an address; its parts are %(parts)s.")
    raise FieldError(message, name=f"“{str(name)[:QUOTED_CHARACTERS]}”", parts=", ".join(ADDRESS_PARTS))


def _parse_parts(raw: Mapping[Any, Any], spec: FieldSpec) -> dict[str, Any]:
    """The parts that hold something, in order. Raises the first part's FieldError with all `problems`."""
    given = {_part(name, spec): value for name, value in raw.items()}
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for part in (part for part in ADDRESS_PARTS if part in given):
        try:
            values[part] = PARTS[part].parse(given[part], part_spec(spec, part))
        except FieldError as error:
            error.part = part
            errors.append(error)
    if errors:
        errors[0].problems = tuple(errors)
        raise errors[0]
    if sum(len(str(value).encode()) for value in values.values()) > MAX_BYTES:
        raise FieldError(_("The value is longer than 64 KiB; shorten it."))
    return {part: value for part, value in values.items() if value is not None}
