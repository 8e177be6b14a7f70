"""What every field type answers: reading a value that comes in, and taking part in rules."""

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
# Unicode's stream-safe limit (UAX 15); a long pile of accents takes seconds to put in order.
MAX_ACCENTS = 30
# All that counts as blank at a value's edges: str.strip() leaves the last three, which people paste unseen.
_EDGES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "\u200b\u2060\ufeff"

Reader = Callable[[object], Hashable | None]


class FieldError(ValueError):
    """Why a value was refused and how to mend it; str() gives the words in the active language.

    `part` names the address part meant ("" for the whole value). `problems` has one error for each
    part at fault, this one first. The words never repeat the value of an encrypted field.
    """

    def __init__(self, message: "StrOrPromise", **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.part = ""
        self.params = params
        self.problems: tuple[FieldError, ...] = (self,)

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field without its table: what reading and comparing its values needs.

    `country`: ISO 3166 code in capitals, for phone numbers written without a country code. `match`: its
    place among the fields by which a lead is known again.
    """

    key: str
    label: str
    type: str
    required: bool = False
    default: Any = None
    options: tuple[str, ...] = ()
    encrypted: bool = False
    country: str = ""
    id: int = 0
    match: int | None = None
    sensitive: bool = False

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
            id=field.pk or 0,
            match=field.match_order,
            sensitive=field.sensitive,
        )

    @property
    def masked(self) -> bool:
        """See `Field.masked`."""
        return self.encrypted or self.sensitive


class FieldType(ABC):
    """One type of field. Instances hold no state: `distribution.fields.TYPES` has one of each."""

    key: ClassVar[str]
    operators: ClassVar[tuple[str, ...]]
    many: ClassVar[bool] = False  # rules compare a set of values

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
        return needed(self.read(self.parse(raw, spec)))

    def _default(self, spec: FieldSpec) -> Any:
        try:
            return self.parse(spec.default, spec)
        except FieldError as error:
            message = _("The default of %(label)s does not fit it; mend it on the entity's page: %(reason)s")
            raise FieldError(message, label=spec.label, reason=str(error)) from None


def is_empty(value: object) -> bool:
    """None, blank text, an empty list, an address without any part. False and 0 are values."""
    if isinstance(value, dict):
        return all(part is None or (isinstance(part, str) and not part.strip()) for part in value.values())
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple) and not value)


def needed(operand: Hashable | None) -> Hashable:
    """A rule's value that must not be empty. Raises FieldError."""
    if operand is None:
        raise FieldError(_("The value is missing; to look for empty fields, use the operator “is empty”."))
    return operand


def fold(text: str) -> str:
    """`text` for comparing: without regard to case and to how accents are encoded."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def quoted(raw: object, spec: FieldSpec) -> str:
    """`raw` as it stands in a message: in quotes and cut; an encrypted field's value never shows."""
    if spec.encrypted:
        return str(_("The value"))
    text = scalar(raw) or str(raw)
    return f"“{text if len(text) <= QUOTED_CHARACTERS else text[: QUOTED_CHARACTERS - 1] + '…'}”"


def scalar(value: object) -> str | None:
    """One value as text, untouched; None for None, lists and objects. Never raises."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(Decimal(value))  # str(int) gives up at 4,300 digits
    return str(value) if isinstance(value, float | Decimal) else None


def to_text(raw: object) -> str:
    """One value as trimmed text in Unicode's composed form, "" for None.

    Raises FieldError for lists and objects, for what PostgreSQL cannot hold, and over 64 KiB.
    """
    if raw is None:
        return ""
    if isinstance(raw, str) and raw.isascii() and len(raw) <= MAX_BYTES and "\0" not in raw:  # as most are
        return raw.strip()
    text = scalar(raw)
    if text is None:
        raise FieldError(_("Send one value here, not a list or an object."))
    return _composed(_storable(text)).strip(_EDGES)


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


def _composed(text: str) -> str:
    """`text` in Unicode's composed form (NFC). Raises FieldError for piles of accents."""
    if unicodedata.is_normalized("NFC", text):
        return text
    pile = 0
    for character in text:
        pile = pile + 1 if unicodedata.combining(character) else 0
        if pile > MAX_ACCENTS:
            raise FieldError(_("The value holds more than 30 accents on one letter; remove them."))
    return unicodedata.normalize("NFC", text)
