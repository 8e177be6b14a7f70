"""What an object is, in the words of its form: what the audit log compares before and after a save."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, ForeignKey, Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from leadflip.kit import show

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

M = TypeVar("M", bound=Model)


class Hidden:
    """A secret: compared in memory, written nowhere."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and self._value == other._value

    def __hash__(self) -> int:
        return hash(Hidden)

    def __repr__(self) -> str:
        return show.MASK


@dataclass
class Told:
    """`values` by a key that stays while the object is there: (label, words). `rows` belong to the object."""

    values: dict[str, tuple[str, "str | Hidden"]] = field(default_factory=dict)
    rows: dict[str, tuple[str, "Told"]] = field(default_factory=dict)

    def put(self, key: str, label: "StrOrPromise", value: Any) -> None:
        """One more value; what is no secret is put into words."""
        self.values[key] = (capfirst(str(label)), value if isinstance(value, Hidden) else words(value))

    def add(self, rows: Iterable[Any], named: Callable[[Any], str] = str) -> None:
        """Rows that belong to the object, each told by its own teller."""
        for row in rows:
            self.rows[f"{row._meta.label_lower}.{row.pk}"] = (named(row), _tell(row))

    def __str__(self) -> str:
        """All of it in one line, without secrets."""
        return "; ".join(_in_line(self))


def _in_line(about: Told) -> Iterator[str]:
    for label, value in about.values.values():
        if value:
            yield f"{label}: {_('set') if isinstance(value, Hidden) else value}"
    for name, row in about.rows.values():
        yield f"{name} ({row})"


Teller = Callable[[Any], Told]
_TELLERS: dict[type[Model], Teller] = {}


def teller(model: type[M]) -> Callable[[Callable[[M], Told]], Callable[[M], Told]]:
    """Names the function that tells objects of `model`; without one its editable columns are told."""

    def register(tell: Callable[[M], Told]) -> Callable[[M], Told]:
        _TELLERS[model] = tell
        return tell

    return register


def told(obj: Model) -> Told | None:
    """The object as it stands in the database now; None where it is not there."""
    row = type(obj)._base_manager.filter(pk=obj.pk).first() if obj.pk is not None else None
    return None if row is None else _tell(row)


def _tell(row: Model) -> Told:
    return _TELLERS.get(type(row), columns)(row)


def columns(row: Model, without: Collection[str] = ()) -> Told:
    """The editable columns of a row and whom it names in many-to-many ones, but for `without`."""
    about = Told()
    for column in (*row._meta.concrete_fields, *row._meta.many_to_many):
        if column.editable and not column.primary_key and column.name not in without:
            about.put(column.name, column.verbose_name, _value(row, column))
    return about


def _value(row: Model, column: "Field[Any, Any]") -> Any:
    if column.many_to_many:
        return sorted(map(str, getattr(row, column.name).all()))
    if isinstance(column, ForeignKey):
        return getattr(row, column.name)
    value = getattr(row, column.attname)
    inner = getattr(column, "base_field", column)
    names = dict(inner.flatchoices or ())
    if not names:
        return value
    if isinstance(value, list):
        return [names.get(each, each) for each in value]
    return names.get(value, value)


def words(value: Any) -> str:
    """A value as people read it; "" where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return show.to_the_second(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list | tuple) and not any(isinstance(each, list | dict) for each in value):
        return ", ".join(map(words, value))
    if isinstance(value, Mapping | list):
        return DjangoJSONEncoder(ensure_ascii=False, sort_keys=True).encode(value) if value else ""
    return str(value)
