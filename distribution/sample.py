"""A made-up lead of an entity: what previews show and tests send where no real lead is to go out."""

from collections.abc import Callable
from typing import Any

import phonenumbers

from distribution.catalogue import EntitySpec
from distribution.fields.base import FieldSpec
from distribution.intake import validate
from distribution.intake.validate import Cleaned
from leadflip.kit import clock

SOURCE = "test"
# Where an entity has no country, or one that has no numbers.
HOME = "DE"


def values(entity: EntitySpec) -> Cleaned:
    """A value for each field, in normal form. What does not fit its field is left out."""
    return validate.clean(
        entity.fields, {key: _MAKERS[spec.type](spec) for key, spec in entity.fields.items()}
    )


def _text(spec: FieldSpec) -> str:
    return f"Sample {spec.label.lower()}"


def _phone(spec: FieldSpec) -> str:
    number = phonenumbers.example_number(spec.country or HOME) or phonenumbers.example_number(HOME)
    assert number is not None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _address(spec: FieldSpec) -> dict[str, Any]:
    return {
        "street": "Sample Street",
        "house_number": "1",
        "postcode": "10115",
        "city": "Sample City",
        "state": "Sample State",
        "country": "Sample Country",
        "country_code": spec.country or HOME,
        "latitude": 52.5,
        "longitude": 13.4,
    }


_MAKERS: dict[str, Callable[[FieldSpec], Any]] = {
    "text": _text,
    "textarea": lambda spec: f"{_text(spec)},\nwith a second line.",
    "number": lambda spec: 42,
    "email": lambda spec: "sample@example.com",
    "phone": _phone,
    "date": lambda spec: clock.now().date().isoformat(),
    "datetime": lambda spec: clock.iso(clock.now()),
    "select": lambda spec: next(iter(spec.options), None),
    "multi_select": lambda spec: list(spec.options[:2]),
    "checkbox": lambda spec: True,
    "url": lambda spec: "https://www.example.com/",
    "address": _address,
}
