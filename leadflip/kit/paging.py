"""Keyset paging by id, newest first: no counts, no offsets, and rows that arrive move nothing.

The address holds `older=<id>` (rows below that id) or `newer=<id>` (rows above it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection
from django.db.models import Model, QuerySet

from leadflip.kit.show import MOST

M = TypeVar("M", bound=Model)
SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows newest first; `newer` and `older` are the ids for the links, "" where there are none."""

    rows: list[M]
    newer: str = ""
    older: str = ""

    @property
    def first(self) -> bool:
        """Whether nothing newer exists."""
        return not self.newer


def page(rows: QuerySet[M], query: Mapping[str, str], size: int = SIZE) -> Page[M]:
    """The page of `rows` that the address's `query` names; an id that is none gives the newest."""
    older, newer = _id(rows, query.get("older")), _id(rows, query.get("newer"))
    if older is not None:
        return _older(rows, older, size)
    if newer is not None:
        found = list(rows.filter(pk__gt=newer).order_by("pk")[: size + 1])
        if len(found) > size:
            found = found[:size][::-1]
            return Page(found, newer=_name(found[0]), older=_name(found[-1]))
    # What is newer does not fill a page: then the newest page holds it all.
    return _newest(rows, size)


def counted(rows: QuerySet[M]) -> int:
    """How many rows, counted no further than one above `show.MOST`."""
    return rows.order_by()[: MOST + 1].count()


def counted_all(many: Sequence[QuerySet[Any]]) -> list[int]:
    """What `counted` says of each, in one query; of one that is sliced no further than it goes."""
    if not many:
        return []
    parts = [_counting(rows) for rows in many]
    sql = ", ".join(part for part, _params in parts)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", [param for _part, params in parts for param in params])
        return list(cursor.fetchone())


def _counting(rows: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    try:
        few = rows if rows.query.is_sliced else rows.order_by()[: MOST + 1]
        sql, params = few.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "0", ()
    return f"(SELECT count(*) FROM ({sql}) AS rows)", params  # noqa: S608 - Django's own SQL


def _newest(rows: QuerySet[M], size: int) -> Page[M]:
    found = list(rows.order_by("-pk")[: size + 1])
    return Page(found[:size], older=_name(found[size - 1]) if len(found) > size else "")


def _older(rows: QuerySet[M], edge: object, size: int) -> Page[M]:
    found = list(rows.filter(pk__lt=edge).order_by("-pk")[: size + 1])
    if not found:
        return Page([], newer=str(edge))
    return Page(
        found[:size], newer=_name(found[0]), older=_name(found[size - 1]) if len(found) > size else ""
    )


def _name(row: Model) -> str:
    return str(row.pk)


def _id(rows: QuerySet[M], text: str | None) -> object | None:
    if not text:
        return None
    try:
        edge: object = rows.model._meta.pk.to_python(text)
    except ValidationError:
        return None
    return edge
