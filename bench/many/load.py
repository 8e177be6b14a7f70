"""Fills the database by COPY, in one transaction: killed halfway, it leaves nothing.

Plain indexes are dropped before and made again after it, so nobody else gets at these tables meanwhile.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from bench.many import account
from bench.many.rows import COLUMNS, Lines, Writer, fresh_lines, moments
from leadflip.kit import clock

DAYS = 60
# Jobs that a lead has on average: it decides how densely leads come.
JOBS_A_LEAD = 1.263
# Leads whose lines are sent at once.
BATCH = 5_000
# Above so many jobs indexes are made anew instead of kept.
MANY = 20_000
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came in, and how long it took."""

    jobs: int
    leads: int
    seconds: float


def load(count: int, *, name: str = "Partner", seed: int = 1, say: Say = lambda text: None) -> Loaded:
    """Adds `count` jobs, or one more, with all that belongs to them; then ANALYZE.

    `name` is what the partners are called, and must be new to this database.
    """
    began = time.monotonic()
    rng = random.Random(seed)
    made = account.make(name, rng)
    with transaction.atomic(), _no_indexes(say) if count > MANY else nullcontext():
        jobs, leads = _fill(count, made, rng, say)
    say("ANALYZE")
    _analyze()
    return Loaded(jobs, leads, time.monotonic() - began)


def _fill(count: int, made: account.Account, rng: random.Random, say: Say) -> tuple[int, int]:
    now = clock.now()
    writer = Writer(made, rng, now, _next_attempt(), fresh_lines())
    jobs = leads = 0
    with _copying() as send:
        for at in moments(rng, now - timedelta(days=DAYS), now, count / JOBS_A_LEAD):
            jobs += writer.take(at)
            leads += 1
            if leads % BATCH == 0:
                send(writer.lines)
                writer.lines = fresh_lines()
                if leads % (20 * BATCH) == 0:
                    say(f"{jobs:,} jobs")
            if jobs >= count:
                break
        send(writer.lines)
    _execute("SELECT setval(pg_get_serial_sequence('delivery_attempt', 'id'), %s)", [writer.attempt])
    return jobs, leads


@contextmanager
def _copying() -> Iterator[Callable[[Lines], None]]:
    """What is sent is copied in a thread, while the next lines are made. The server's errors are raised."""
    batches: queue.Queue[Lines | None] = queue.Queue(2)
    failed: list[BaseException] = []
    cursor = connection.cursor()

    def work() -> None:
        while (lines := batches.get()) is not None:
            try:
                if not failed:
                    _copy(cursor, lines)
            except BaseException as error:
                failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield batches.put
    finally:
        batches.put(None)
        thread.join()
        cursor.close()
    if failed:
        raise failed[0]


def _copy(cursor: Any, lines: Lines) -> None:
    for table, rows in lines.items():
        columns = ", ".join(f'"{column}"' for column in COLUMNS[table].split(", "))
        with cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            copy.write("".join(rows))


@contextmanager
def _no_indexes(say: Say) -> Iterator[None]:
    """Without the tables' plain indexes, and without asking for each foreign key where that is allowed."""
    indexes = _execute(PLAIN, [list(COLUMNS)])
    for name, _made in indexes:
        _execute(f'DROP INDEX "{name}"')
    trusted = _execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")[0][0]
    if trusted:
        _execute("SET LOCAL session_replication_role = replica")
    yield
    if trusted:
        _execute("SET LOCAL session_replication_role = origin")
    _execute("SET LOCAL maintenance_work_mem = '512MB'")
    for name, made in indexes:
        say(f"index {name}")
        _execute(made)


# Those that serve no constraint.
PLAIN = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = current_schema() AND tablename = ANY(%s)
AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def _next_attempt() -> int:
    return int(_execute("SELECT nextval(pg_get_serial_sequence('delivery_attempt', 'id'))")[0][0])


def _analyze() -> None:
    for table in COLUMNS:
        _execute(f"VACUUM ANALYZE {table}" if connection.get_autocommit() else f"ANALYZE {table}")


def _execute(statement: str, parameters: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
