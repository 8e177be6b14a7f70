"""What every field type answers: reading a value that comes in, and taking part in rules."""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from distribution.models import Field

MAX_BYTES = 64 * 1024
QUOTED_CHARACTERS = 40
# Blanks that people paste along without seeing them; str.strip() leaves the last three.
_EDGES = re.compile(r"^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$")

Reader = Callable[[object], Hashable | None]


class FieldError(ValueError):
    """Why a value was refused and how to mend it; str() gives the words in the active language.

    `part` names the address part meant ("" for the whole value). `problems` has one error for each
    part at fault, this one first. The words never repeat the value of an encrypted field.
    """

    def __init__(self, message: "StrOrPromise", *, part: str = "", **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.part = part
        self.params = params
        self.problems: tuple[FieldError, ...] = (self,)

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field without its table: what reading and comparing its values needs.

    `country`: ISO 3166 code in capitals, for phone numbers written without a country code.
    """

    key: str
    label: str
    type: str
    required: bool = False
    default: Any = None
    options: tuple[str, ...] = ()
    encrypted: bool = False
    country: str = ""

    @classmethod
    def of(cls, field: "Field") -> "FieldSpec":
        """The spec of a Field row; its entity should be loaded with it (select_related)."""
        return cls(
            key=field.key,
            label=field.label,
            type=field.type,
            required=field.required,
            default=field.default,
            options=tuple(str(option) for option in field.options),
            encrypted=field.encrypted,
            country=field.entity.country,
        )


class FieldType(ABC):
    """One type of field. Instances hold no state: `distribution.fields.TYPES` has one of each."""

    key: ClassVar[str]
    operators: ClassVar[tuple[str, ...]]

    @abstractmethod
    def parse(self, raw: object, spec: FieldSpec) -> Any:
        """`raw` (JSON, or the string of a form or CSV) in normal form; None when empty.

        Raises FieldError.
        """

    @abstractmethod
    def read(self, value: object) -> Hashable | None:
        """A stored value as rules compare it; None when empty or of another kind. Never raises."""

    def clean(self, raw: object, spec: FieldSpec) -> Any:
        """`raw` in normal form, the field's default when empty; None for empty. Raises FieldError."""
        value = self.parse(raw, spec)
        if value is None and not is_empty(spec.default):
            value = self._default(spec)
        if value is None and spec.required:
            raise FieldError(_("%(label)s is required; send a value."), label=spec.label)
        return value

    def reader(self, op: str) -> Reader:
        """How `op` reads a stored value: `read` unless the type says otherwise."""
        return self.read

    def operand(self, op: str, raw: object, spec: FieldSpec) -> Hashable:
        """One value of a rule, as `reader(op)` would give it. Raises FieldError, also when empty."""
        value = self.read(self.parse(raw, spec))
        if value is None:
            raise FieldError(_("A value is missing here; to look for empty fields, use “is empty”."))
        return value

    def _default(self, spec: FieldSpec) -> Any:
        try:
            return self.parse(spec.default, spec)
        except FieldError as error:
            message = _("The default of %(label)s does not fit it; mend it on the entity's page: %(reason)s")
            raise FieldError(message, label=spec.label, reason=str(error)) from None


def is_empty(value: object) -> bool:
    """None, blank text, an empty list, an address without any part. False and 0 are values."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):
        return all(is_empty(part) for part in value.values())
    return value is None or (isinstance(value, list | tuple) and not value)


def fold(text: str) -> str:
    """`text` for comparing: without regard to case and to how accents are encoded."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def quoted(raw: object, spec: FieldSpec) -> str:
    """`raw` as it stands in a message: in quotes and cut; an encrypted field's value never shows."""
    if spec.encrypted:
        return str(_("The value"))
    text = str(raw)
    return f"“{text if len(text) <= QUOTED_CHARACTERS else text[: QUOTED_CHARACTERS - 1] + '…'}”"


def to_text(raw: object) -> str:
    """One value as trimmed text in Unicode's composed form, "" for None.

    Raises FieldError for lists and objects, for what PostgreSQL cannot hold, and over 64 KiB.
    """
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if not isinstance(raw, str | int | float | Decimal):
        raise FieldError(_("Send one value here, not a list or an object."))
    return _EDGES.sub("", unicodedata.normalize("NFC", _storable(str(raw))))


def _storable(text: str) -> str:
    if len(text) > MAX_BYTES:
        raise FieldError(_("The value is longer than 64 KiB; shorten it."))
    if "\0" in text:
        raise FieldError(_("The value holds a NUL character; remove it."))
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise FieldError(_("The value holds half of a character (a lone surrogate); remove it.")) from None
    if len(encoded) > MAX_BYTES:
        raise FieldError(_("The value is longer than 64 KiB; shorten it."))
    return text
