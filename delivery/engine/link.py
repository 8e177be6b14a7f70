"""The engine's own connections to PostgreSQL: opened when needed, opened again when lost."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import lru_cache, partial
from typing import Any

import psycopg
from django.db import connections
from psycopg.rows import TupleRow

# Each statement is planned once for the connection's life, and only over its indexes: planned for each
# call a claim cost three times as much, and planned for any call but freely, ten times.
SETTINGS = """
SET lock_timeout = '5s';
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_bitmapscan = off
"""

Params = dict[str, Any]
Fetch = Callable[[str, Params], Awaitable[list[TupleRow]]]


def conninfo() -> dict[str, Any]:
    """Connection arguments of Django's default database, for psycopg."""
    settings = connections["default"].settings_dict
    options = {k: v for k, v in settings.get("OPTIONS", {}).items() if k not in ("pool", "isolation_level")}
    named = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    return {**options, **{key: value for key, value in named.items() if value}}


class Link:
    """One autocommit connection. Raises psycopg.OperationalError while the server is away."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None
        self._lock = asyncio.Lock()

    async def open(self) -> psycopg.AsyncConnection[TupleRow]:
        """The connection, made new if it was closed or lost."""
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                **conninfo(),
                autocommit=True,
                application_name=f"leadflip {self._name}",
                cursor_factory=psycopg.AsyncRawCursor,
            )
            await self._connection.execute(SETTINGS)
        return self._connection

    async def fetch(self, sql: str, params: Params) -> list[TupleRow]:
        """All rows of one statement, which is its own transaction."""
        async with self._held() as connection:
            return await _fetch(connection, sql, params)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Fetch]:
        """Several statements in one transaction, through the function that this yields."""
        async with self._held() as connection, connection.transaction():
            yield partial(_fetch, connection)

    async def close(self) -> None:
        """Closes the connection, quietly."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[psycopg.AsyncConnection[TupleRow]]:
        async with self._lock:
            try:
                yield await self.open()
            except (psycopg.OperationalError, asyncio.CancelledError):
                # In doubt whether it was carried out: never reuse the connection it was in.
                await self.close()
                raise


@lru_cache(maxsize=64)
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """A statement with $1, $2 … for %(name)s, and the names: psycopg would read a long one anew each time."""
    names = tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
    return re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", sql), names


async def _fetch(connection: psycopg.AsyncConnection[TupleRow], sql: str, params: Params) -> list[TupleRow]:
    numbered, names = _numbered(sql)
    cursor = await connection.execute(numbered, [params[name] for name in names])
    return await cursor.fetchall() if cursor.description else []
