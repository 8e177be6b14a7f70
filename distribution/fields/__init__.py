"""The field types: one class each, by the name that a field's row holds."""

from distribution.fields.address import AddressType, part_spec
from distribution.fields.base import FieldError, FieldSpec, FieldType, is_empty
from distribution.fields.choices import CheckboxType, MultiSelectType, SelectType
from distribution.fields.contact import EmailType, PhoneType, UrlType
from distribution.fields.dates import DatetimeType, DateType
from distribution.fields.number import NumberType
from distribution.fields.text import TextareaType, TextType

TYPES: dict[str, FieldType] = {
    "text": TextType(),
    "textarea": TextareaType(),
    "number": NumberType(),
    "email": EmailType(),
    "phone": PhoneType(),
    "date": DateType(),
    "datetime": DatetimeType(),
    "select": SelectType(),
    "multi_select": MultiSelectType(),
    "checkbox": CheckboxType(),
    "url": UrlType(),
    "address": AddressType(),
}

__all__ = ["TYPES", "FieldError", "FieldSpec", "FieldType", "is_empty", "part_spec"]
