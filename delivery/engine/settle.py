"""Settling: what became of claimed rows, written in batches, fenced by each claim's token.

The attempt is always logged. The job changes only while it is `sending` under the same token; where
it is not, a sweep or an operator was first, and the attempt is stored as late.
"""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from delivery.engine.health import Says, gather, note
from delivery.engine.link import Fetch, Link
from leadflip.kit import jsonbytes

logger = logging.getLogger(__name__)

BATCH = 1000
# Where the batch before held several, fewer than these wait a moment for company: a statement costs
# as much as several results.
COMPANY = 16
MOMENT = 0.004  # seconds

SETTLE = """
WITH result AS (
    SELECT * FROM json_to_recordset(%(results)s::json) AS result (
        id uuid, token uuid, number int, status text, wait float8, outcome text, code int, error_class text,
        error text, reason text, recipients jsonb, started_at timestamptz, ms int, address text, sealed text)
), fresh AS (
    SELECT result.* FROM result WHERE NOT EXISTS (
        SELECT FROM delivery_attempt stored
        WHERE stored.job_id = result.id AND stored.number = result.number
          AND stored.started_at = result.started_at)
), settled AS (
    UPDATE delivery_job AS job
    SET status = fresh.status, claim_token = NULL, lease_until = NULL,
        next_attempt_at = coalesce(%(now)s::timestamptz, now()) + fresh.wait * interval '1 second',
        settled_at = CASE WHEN fresh.wait IS NULL THEN coalesce(%(now)s::timestamptz, now()) END,
        had_unknown = job.had_unknown OR fresh.outcome = 'unknown', told = fresh.status = 'delivered',
        last_outcome = fresh.outcome, last_code = fresh.code, last_error_class = fresh.error_class,
        last_error = fresh.error, reason = fresh.reason,
        recipients = coalesce(fresh.recipients, job.recipients)
    FROM fresh
    WHERE job.id = fresh.id AND job.claim_token = fresh.token AND job.status = 'sending'
    RETURNING job.id
), attempt AS (
    INSERT INTO delivery_attempt
        (job_id, number, late, started_at, ms, outcome, code, error_class, error, address)
    SELECT fresh.id, fresh.number, settled.id IS NULL, fresh.started_at, fresh.ms, fresh.outcome, fresh.code,
           fresh.error_class, fresh.error, fresh.address
    FROM fresh LEFT JOIN settled USING (id)
    ON CONFLICT DO NOTHING
    RETURNING id, job_id, number
), body AS (
    INSERT INTO delivery_attemptbody (attempt_id, sealed)
    SELECT attempt.id, decode(fresh.sealed, 'base64') FROM attempt
    JOIN fresh ON fresh.id = attempt.job_id AND fresh.number = attempt.number
    WHERE fresh.sealed IS NOT NULL
      AND NOT EXISTS (SELECT FROM delivery_job WHERE delivery_job.id = attempt.job_id AND delivery_job.erased)
)
SELECT id FROM settled
"""


class Result(NamedTuple):
    """How one attempt ended. `wait`: seconds until the next one, None when the job is settled."""

    id: UUID
    token: str
    number: int
    status: str
    outcome: str
    started_at: datetime
    wait: float | None = None
    code: int | None = None
    error_class: str = ""
    error: str = ""
    reason: str = ""
    recipients: dict[str, Any] | None = None
    ms: int | None = None
    address: str = ""
    sealed: bytes | None = None
    says: Says | None = None


def parameters(results: Sequence[Result], now: datetime | None) -> dict[str, Any]:
    """The results as one JSON text: eight times cheaper to write than an array a column."""
    return {"results": jsonbytes.written([_row(result) for result in results]).decode(), "now": now}


def _row(result: Result) -> dict[str, Any]:
    return {
        "id": str(result.id),
        "token": result.token,
        "number": result.number,
        "status": result.status,
        "wait": result.wait,
        "outcome": result.outcome,
        "code": result.code,
        "error_class": result.error_class,
        "error": result.error,
        "reason": result.reason,
        "recipients": result.recipients,
        "started_at": result.started_at.isoformat(),
        "ms": result.ms,
        "address": result.address,
        "sealed": None if result.sealed is None else b64encode(result.sealed).decode("ascii"),
    }


async def settle(fetch: Fetch, results: Sequence[Result], now: datetime | None = None) -> set[UUID]:
    """Writes the results; returns the jobs that changed. Safe to repeat after a commit in doubt.

    Raises psycopg.OperationalError while the database is away, psycopg.DataError for a bad value.
    """
    rows = await fetch(SETTLE, parameters(results, now))
    return {job_id for (job_id,) in rows}


class Settler:
    """Takes results from many tasks and writes all that is ready, one statement after another.

    A batch forms while the one before is written, and for a moment more where it would be small in busy
    times; a result that comes alone is written at once. While the database is away the results wait in
    memory; if they wait past their lease, the sweep decides and they become late attempts.
    """

    def __init__(self, link: Link, clock: Callable[[], datetime | None], pause: float = 0.5) -> None:
        self._link = link
        self._clock = clock
        self._pause = pause
        # Set after a job ended without being delivered: there is something to tell.
        self.ended_badly = asyncio.Event()
        self._ready: list[Result] = []
        self._something = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, result: Result) -> None:
        """Hands over one result; never blocks."""
        self._ready.append(result)
        self._empty.clear()
        self._something.set()

    async def drained(self) -> None:
        """Returns once everything that was put is written."""
        await self._empty.wait()

    async def run(self) -> None:
        """Writes until cancelled."""
        busy = False
        while True:
            await self._something.wait()
            if busy and len(self._ready) < COMPANY:
                await asyncio.sleep(MOMENT)
            batch = self._ready[:BATCH]
            busy = len(batch) > 1
            await self._write(batch)
            del self._ready[: len(batch)]
            if not self._ready:
                self._something.clear()
                self._empty.set()

    async def _write(self, batch: list[Result]) -> None:
        while True:
            try:
                changed = await settle(self._link.fetch, batch, self._clock())
            except psycopg.OperationalError as error:
                logger.warning("settling waits for the database: %s", type(error).__name__)
                await asyncio.sleep(self._pause)
            except psycopg.Error:
                await self._write_apart(batch)
                return
            else:
                self._tell_late(batch, changed)
                if any(result.status == "failed" for result in batch):
                    self.ended_badly.set()
                await self._note(batch)
                return

    async def _note(self, batch: list[Result]) -> None:
        # The lanes' books are no lead's fate: what cannot be written now shows again soon.
        try:
            await note(self._link, gather(result.says for result in batch if result.says), self._clock())
        except psycopg.Error as error:
            logger.warning("the health of lanes could not be noted: %s", type(error).__name__)

    async def _write_apart(self, batch: list[Result]) -> None:
        # One value that the database refuses must not hold up the others.
        if len(batch) > 1:
            for result in batch:
                await self._write([result])
            return
        (result,) = batch
        logger.exception("job %s: attempt %d could not be stored as it was", result.id, result.number)
        if result.sealed is not None or result.recipients is not None:
            await self._write([result._replace(sealed=None, recipients=None, address="", error="")])

    def _tell_late(self, batch: list[Result], changed: set[UUID]) -> None:
        for result in batch:
            if result.id not in changed:
                logger.warning("job %s: attempt %d ended late", result.id, result.number)
