"""Statements that go to the database together: each way there and back costs as much as the work itself."""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection, DataError, OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import InvalidSavepointSpecification, error_from_result
from psycopg.pq import ConnStatus, Escaping, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

SAVEPOINT = "script"
DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

Params = Mapping[str, Any] | Sequence[Any]
Escape = Callable[[bytes], bytes | memoryview]

# By connection, the fixed statements that it has planned.
_planned: WeakKeyDictionary[Connection, set[str]] = WeakKeyDictionary()


class Fixed:
    """A statement with named parameters whose text stays: a connection reads and plans it once.

    What is always the same is a third of what the server has to do for a few rows.
    """

    def __init__(self, sql: str) -> None:
        self.names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
        self.text = sql % {name: f"${place}" for place, name in enumerate(self.names, 1)}
        self.key = f"fixed_{hashlib.sha256(self.text.encode()).hexdigest()[:16]}"


Part = tuple[str | Fixed, Params | None]


class Script:
    """Collects statements and sends them in order, in one message of the simple protocol.

    Each sees what the ones before it did, as if they had been sent alone. Where one fails, none of
    those behind it runs. Parameters are None, numbers, bytes, whatever `str` writes as PostgreSQL reads
    it, and lists of those; each has the type that its place in the statement gives it.
    """

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._kept = 0  # how many statements not sent yet come before the savepoint

    def add(self, sql: str | Fixed, params: Params | None = None) -> None:
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


def _sent(database: BaseDatabaseWrapper, parts: Sequence[Part]) -> list[tuple[Any, ...]]:
    driver = database.connection
    libpq = driver.pgconn
    _plan(driver, [sql for sql, _params in parts if isinstance(sql, Fixed)])
    escape = Escaping(libpq).escape_literal
    statements = [_bound(sql, params, escape) for sql, params in parts]
    if not driver.autocommit and libpq.transaction_status == TransactionStatus.IDLE:
        statements.insert(0, "BEGIN")
    text = ";\n".join(statements)
    began = time.monotonic()
    result = _answer(libpq, text)
    if database.queries_logged:
        database.queries_log.append({"sql": text, "time": f"{time.monotonic() - began:.3f}"})
    if not result.ntuples:
        return []
    rows = Transformer(driver)
    rows.set_pgresult(result)
    return rows.load_rows(0, result.ntuples, tuple)


def _plan(driver: Connection, fixed: Iterable[Fixed]) -> None:
    """A message of its own the first time, so that what fails in it or later says nothing of the plan."""
    planned = _planned.setdefault(driver, set())
    for each in fixed:
        if each.key not in planned:
            _answer(driver.pgconn, f"PREPARE {each.key} AS {each.text}")
            planned.add(each.key)


def _answer(libpq: PGconn, text: str) -> PGresult:
    result = libpq.exec_(text.encode())
    if libpq.status != ConnStatus.OK:
        raise OperationalError(libpq.get_error_message())
    if result.status not in DONE:
        raise error_from_result(result)
    return result


def _bound(sql: str | Fixed, params: Params | None, escape: Escape) -> str:
    if isinstance(sql, Fixed):
        assert isinstance(params, Mapping)
        return f"EXECUTE {sql.key}({', '.join(_literal(params[name], escape) for name in sql.names)})"
    if not params:
        return sql
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
