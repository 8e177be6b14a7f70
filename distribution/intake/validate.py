"""From raw values to stored ones: each field's own rules, and what was typed where it differs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from distribution.fields import TYPES
from distribution.fields.base import FieldError, FieldSpec, is_empty


@dataclass
class Cleaned:
    """Values and raw forms by field key; those of encrypted fields are the hidden ones."""

    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, Any] = field(default_factory=dict, repr=False)
    hidden_raw: dict[str, str] = field(default_factory=dict, repr=False)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def put(self, spec: FieldSpec, raw: object, value: Any) -> None:
        """Keeps a value in its place, and its raw form where that says more."""
        values, raws = (self.hidden, self.hidden_raw) if spec.encrypted else (self.values, self.raw)
        values[spec.key] = value
        if _says_more(raw, value):
            raws[spec.key] = _text(raw)


def clean(fields: Mapping[str, FieldSpec], raw: Mapping[str, object]) -> Cleaned:
    """The values of one lead in normal form, empty ones left out; `errors` by field or address part."""
    cleaned = Cleaned()
    for key, spec in fields.items():
        try:
            value = TYPES[spec.type].clean(raw.get(key), spec)
        except FieldError as error:
            _note(cleaned.errors, key, error)
        else:
            if value is not None:
                cleaned.put(spec, raw.get(key), value)
    return cleaned


def _note(errors: dict[str, list[str]], key: str, error: FieldError) -> None:
    for problem in error.problems:
        name = f"{key}.{problem.part}" if problem.part else key
        errors.setdefault(name, []).append(str(problem))


def _says_more(raw: object, value: object) -> bool:
    if raw is value or (type(raw) is type(value) and str(raw) == str(value)):  # as most are
        return False
    return not is_empty(raw) and _text(raw) != _text(value)


def _text(value: object) -> str:
    """A value as it would be typed; equal texts are no news."""
    if isinstance(value, str | Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
