"""Statements that go to the database together: each way there and back costs as much as the work itself."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import DataError, OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import InvalidSavepointSpecification, error_from_result
from psycopg.pq import ConnStatus, Escaping, ExecStatus, TransactionStatus

SAVEPOINT = "script"
DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

Params = Mapping[str, Any] | Sequence[Any]
Escape = Callable[[bytes], bytes | memoryview]


class Script:
    """Collects statements and sends them in order, in one message of the simple protocol.

    Each sees what the ones before it did, as if they had been sent alone. Where one fails, none of
    those behind it runs. Parameters are None, numbers, bytes, whatever `str` writes as PostgreSQL reads
    it, and lists of those; each has the type that its place in the statement gives it.
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
        database = connections[DEFAULT_DB_ALIAS]
        # What Django's cursor does before and after; its own and the driver's take thrice the time.
        database.close_if_health_check_failed()
        database.ensure_connection()
        database.validate_no_broken_transaction()
        with database.wrap_database_errors:
            return _sent(database, parts)

    def commit(self) -> None:
        """Ends the transaction with what is sent next, unless it is a part of a larger one.

        Leaving the block finds nothing to do then; nothing in it may fail any more.
        """
        if not connections[DEFAULT_DB_ALIAS].savepoint_ids:
            self.add("COMMIT")

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
                raise error from error.__cause__
            raise


def _sent(database: BaseDatabaseWrapper, parts: Sequence[tuple[str, Params | None]]) -> list[tuple[Any, ...]]:
    driver = database.connection
    libpq = driver.pgconn
    escape = Escaping(libpq).escape_literal
    statements = [_bound(sql, params, escape) if params else sql for sql, params in parts]
    if not driver.autocommit and libpq.transaction_status == TransactionStatus.IDLE:
        statements.insert(0, "BEGIN")
    text = ";\n".join(statements)
    began = time.monotonic()
    result = libpq.exec_(text.encode())
    if database.queries_logged:
        database.queries_log.append({"sql": text, "time": f"{time.monotonic() - began:.3f}"})
    if libpq.status != ConnStatus.OK:
        raise OperationalError(libpq.get_error_message())
    if result.status not in DONE:
        raise error_from_result(result)
    if not result.ntuples:
        return []
    rows = Transformer(driver)
    rows.set_pgresult(result)
    return rows.load_rows(0, result.ntuples, tuple)


def _bound(sql: str, params: Params, escape: Escape) -> str:
    if isinstance(params, Mapping):
        return sql % {name: _literal(value, escape) for name, value in params.items()}
    return sql % tuple(_literal(value, escape) for value in params)


def _literal(value: object, escape: Escape) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return f"'{value}'"
    text = _array(value) if isinstance(value, list) else _text(value)
    if "\0" in text:  # where libpq would end it
        raise DataError("PostgreSQL text cannot hold NUL.")
    return bytes(escape(text.encode())).decode()


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join("NULL" if value is None else _quoted(_text(value)) for value in values) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


def _text(value: object) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
