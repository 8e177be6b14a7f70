"""Seals anew what an older key sealed, beside those who write: all sealed columns, batch by batch.

A batch is read without a lock, and written by one statement that passes over rows which somebody holds
and rows whose value changed since. Nothing is kept of how far it came: what is done is known by its seal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection
from django.db.models import BinaryField, Model

from leadflip.kit import crypto

PREFIX = "sealed"
# Of one batch: rows, and bytes after which no further row is taken.
ROWS, BYTES = 500, 4 * 1024 * 1024

READ = """
SELECT key, value FROM (
    SELECT key, value, sum(octet_length(value)) OVER (ORDER BY key) - octet_length(value) AS before
    FROM (SELECT {pk} AS key, {column} AS value FROM {table}
          WHERE {column} IS NOT NULL AND (%(after)s::{type} IS NULL OR {pk} > %(after)s::{type})
          ORDER BY {pk} LIMIT %(rows)s) AS next
) AS measured WHERE before < %(bytes)s ORDER BY key
"""

READ_AGAIN = (
    "SELECT {pk}, {column} FROM {table} WHERE {column} IS NOT NULL AND {pk} = ANY (%(keys)s::{type}[])"
)

# The locks are taken in the key's order, and never waited for.
WRITE = """
WITH given AS (
    SELECT * FROM unnest(%(keys)s::{type}[], %(old)s::bytea[], %(new)s::bytea[]) AS given (key, old, new)
), free AS (
    SELECT {pk} AS key FROM {table} WHERE {pk} IN (SELECT key FROM given)
    ORDER BY {pk} FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE {table} AS target SET {column} = given.new {named}
FROM given JOIN free ON free.key = given.key
WHERE target.{pk} = given.key AND target.{column} = given.old
RETURNING target.{pk}
"""

Row = tuple[Any, bytes]


@dataclass(frozen=True, slots=True)
class Column:
    """A sealed column. `key_name`: the column beside it that names the key, "" where there is none."""

    model: type[Model]
    name: str
    key_name: str = ""

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def owner(self, key: object) -> str:
        """What a row's value is called for people."""
        return f"{self.model._meta.label} {key}, {self.name}"

    def sql(self, text: str) -> str:
        """One of the statements, for this column."""
        quote, meta = connection.ops.quote_name, self.model._meta
        named = f", {quote(self.key_name)} = %(name)s" if self.key_name else ""
        return text.format(
            table=quote(meta.db_table),
            pk=quote(str(meta.pk.column)),
            type=meta.pk.rel_db_type(connection),
            column=quote(self.name),
            named=named,
        )


class Renewal(NamedTuple):
    """What became of a batch: how many were sealed anew, whose row was busy, whose value no key opens."""

    renewed: int
    busy: list[Any]
    lost: list[Any]


def columns() -> list[Column]:
    """Every binary column of every model whose name begins with `sealed`."""
    return [
        Column(model, field.name, _key_column(model, field.name))
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, BinaryField) and field.name.startswith(PREFIX)
    ]


def batches(column: Column) -> Iterator[list[Row]]:
    """All rows that hold a value, by key; also those that come meanwhile with a higher one."""
    after: Any = None
    while rows := _fetch(column.sql(READ), after=after, rows=ROWS, bytes=BYTES):
        after = rows[-1][0]
        yield rows


def again(column: Column, keys: Sequence[Any]) -> list[Row]:
    """These rows as they are now; without those that are gone."""
    return _fetch(column.sql(READ_AGAIN), keys=list(keys))


def renew(column: Column, rows: Sequence[Row]) -> Renewal:
    """Seals anew what an older key sealed, in one short transaction."""
    changes, lost = _changes(rows)
    if not changes:
        return Renewal(0, [], lost)
    written = _fetch(
        column.sql(WRITE),
        keys=[key for key, _, _ in changes],
        old=[old for _, old, _ in changes],
        new=[new for _, _, new in changes],
        name=crypto.key_name(),
    )
    done = {key for (key,) in written}
    return Renewal(len(done), [key for key, _, _ in changes if key not in done], lost)


def older(rows: Sequence[Row]) -> tuple[int, list[Any]]:
    """How many are under an older key, and the keys of those that none opens."""
    changes, lost = _changes(rows)
    return len(changes), lost


def _changes(rows: Sequence[Row]) -> tuple[list[tuple[Any, bytes, bytes]], list[Any]]:
    changes, lost = [], []
    for key, old in rows:
        try:
            new = crypto.renewed(old)
        except crypto.SealError:
            lost.append(key)
        else:
            if new is not None:
                changes.append((key, old, new))
    return changes, lost


def _fetch(sql: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
        return rows


def _key_column(model: type[Model], name: str) -> str:
    beside = f"{name}_key"
    return beside if any(field.column == beside for field in model._meta.local_concrete_fields) else ""
