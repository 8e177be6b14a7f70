"""Statements that go to the database together: each way there and back costs as much as the work itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DatabaseError, connection
from psycopg import ClientCursor
from psycopg.errors import InvalidSavepointSpecification

SAVEPOINT = "script"

Params = Mapping[str, Any] | Sequence[Any]


class Script:
    """Collects statements and sends them in order, in one message of the simple protocol.

    Each sees what the ones before it did, as if they had been sent alone. Where one fails, none of
    those behind it runs.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[str, Params | None]] = []
        self._kept = 0  # how many statements not sent yet come before the savepoint

    def add(self, sql: str, params: Params | None = None) -> None:
        """One statement, without a semicolon at its end."""
        self._parts.append((sql, params))

    def run(self) -> list[tuple[Any, ...]]:
        """Sends what was collected since the last time; returns the rows of the last statement."""
        if not self._parts:
            return []
        parts, self._parts, self._kept = self._parts, [], 0
        with connection.cursor() as cursor:
            text = ClientCursor(connection.connection).mogrify
            cursor.execute(";\n".join(text(sql, params) if params else sql for sql, params in parts))
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def savepoint(self) -> None:
        """What is added from here on can be undone, until the transaction ends or sets another one."""
        self.add(f"SAVEPOINT {SAVEPOINT}")
        self._kept = len(self._parts)

    def undo(self, error: Exception) -> None:
        """Takes back what came after the savepoint, sent or not; what came before it stands.

        Raises `error` again where it was something before the savepoint that failed.
        """
        if self._kept:
            del self._parts[self._kept :]
        else:
            self._parts = [(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}", None)]
        try:
            self.run()
        except DatabaseError as failed:
            if isinstance(failed.__cause__, InvalidSavepointSpecification):
                raise error from None
            raise
