"""Tells the end of jobs that did not deliver, exactly once, without the broker.

A job that failed or was cancelled stands with `told` false. The signal is sent inside the transaction
that sets it, so a process that dies between leaves both undone, and the next turn of any engine tells
it again.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from delivery.models import Job
from delivery.models.job import Status
from delivery.signals import Settled, job_settled
from delivery.threads import Threads
from partners.models.revision import hold_shared

logger = logging.getLogger(__name__)

TURN = 100
POLL = 1.0
FIRST = UUID(int=0)
COLUMNS = ("lead_id", "assignment_id", "partner_id", "status", "last_outcome", "had_unknown")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one transaction did: how many it told, and behind which job the next one begins."""

    told: int
    after: UUID


class News:
    """Tells when `ended` is set, and each second for what others ended, or could not be told."""

    def __init__(self, ended: asyncio.Event) -> None:
        self._ended = ended
        self._threads = Threads(1, "news")

    async def run(self) -> None:
        """Tells until cancelled."""
        after = FIRST
        while True:
            self._ended.clear()
            try:
                turn = await self._threads.run(tell, after)
            except Exception as error:
                # The database's trouble, in a receiver's hands too: all of the turn is undone.
                logger.warning("news wait: %s", type(error).__name__)
                turn = Turn(0, FIRST)
            after = turn.after
            if not turn.told:
                await self._rest()

    async def close(self) -> None:
        """Ends the thread, after what it is doing."""
        await self._threads.close()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                await self._ended.wait()


def tell(after: UUID = FIRST) -> Turn:
    """One turn: at most 100 untold jobs whose id is higher than `after`, in the order of their ids.

    Jobs that another engine is telling are passed over. Raises django.db.Error.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
        # Receivers may route; the configuration's lock comes before any row's.
        hold_shared()
        jobs = list(_untold(after))
        silent = [job.pk for job in jobs if _kept(job)]
        told = silent + _send([job for job in jobs if not _kept(job)])
        Job.objects.filter(id__in=told).update(told=True)
    # Behind those that could not be told come others, who must not wait for them.
    return Turn(len(told), jobs[-1].pk if len(jobs) == TURN else FIRST)


def _untold(after: UUID) -> QuerySet[Job]:
    rows = Job.objects.filter(told=False, status__in=[Status.FAILED, Status.CANCELLED], id__gt=after)
    locked = rows.select_for_update(skip_locked=True, no_key=True)
    return locked.only(*COLUMNS).order_by("id")[:TURN]


def _kept(job: Job) -> bool:
    # The partner may have it: its place is kept and it is offered to nobody, until somebody says.
    return job.status == Status.FAILED and job.had_unknown


def _send(jobs: Sequence[Job]) -> list[UUID]:
    """Tells the jobs, all at once or, where that fails, each alone; returns those that were told."""
    if not jobs:
        return []
    try:
        with transaction.atomic():
            job_settled.send(sender=Job, jobs=[_settled(job) for job in jobs])
    except Exception as error:
        if connection.needs_rollback:
            raise
        if len(jobs) > 1:
            return [told for job in jobs for told in _send([job])]
        logger.error("job %s: its end could not be told, again soon: %s", jobs[0].pk, type(error).__name__)
        return []
    return [job.pk for job in jobs]


def _settled(job: Job) -> Settled:
    return Settled(
        job=job.pk,
        lead=job.lead_id,
        assignment=job.assignment_id,
        partner=job.partner_id,
        status=job.status,
        outcome=job.last_outcome,
        had_unknown=job.had_unknown,
    )
