"""What operators do with jobs, many at once: one alone is a set of one.

Each function locks those of the jobs that it can act on, in the order of their ids, does all of them in one
statement, and tells which it did and why not the others. Ids of no job are in neither.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Now

from delivery.models import Job
from delivery.models.job import WAITING, Status
from delivery.readmission import readmission
from delivery.refusal import Refusal
from delivery.waking import wake
from partners.models.revision import hold_shared

logger = logging.getLogger(__name__)

# When each of these jobs is due, their partners read; those without a time, and whose time is past: now.
When = Callable[[Sequence[Job]], Mapping[UUID, datetime]]


@dataclass(frozen=True, slots=True)
class Acted:
    """The jobs that were acted on, by id and in its order, and why the others were not."""

    done: list[UUID] = field(default_factory=list)
    refused: Mapping[UUID, Refusal] = field(default_factory=dict)


RESEND = """
UPDATE delivery_job AS job
SET status = 'queued', budget_from = job.attempts, settled_at = NULL, recipients = NULL, reason = '',
    told = false, budget_due = given.due, next_attempt_at = given.due
FROM (SELECT id, greatest(statement_timestamp(), due) AS due
      FROM unnest(%(ids)s::uuid[], %(due)s::timestamptz[]) AS given (id, due)) AS given
WHERE job.id = given.id
"""

# Nothing is put off by it.
TRY_NOW = """
UPDATE delivery_job AS job
SET next_attempt_at = least(job.next_attempt_at, greatest(statement_timestamp(), given.due))
FROM unnest(%(ids)s::uuid[], %(due)s::timestamptz[]) AS given (id, due)
WHERE job.id = given.id
"""

# What routing holds until an opening is not brought forward.
SPREAD = """
UPDATE delivery_job AS job
SET budget_due = greatest(job.budget_due, given.due),
    next_attempt_at = greatest(job.next_attempt_at, given.due)
FROM unnest(%(ids)s::uuid[], %(due)s::timestamptz[]) AS given (id, due)
WHERE job.id = given.id
"""

# Some recipients of a letter took it; those who did not are tried again.
TAKEN = Func(
    F("recipients"),
    Value('$.*.state ? (@ == "accepted")'),
    function="jsonb_path_exists",
    template="%(function)s(%(expressions)s::jsonpath)",
    output_field=BooleanField(),
)
# The partner has the lead; it may have it; it cannot have it.
HAS_IT = Q(status=Status.DELIVERED)
MAY_HAVE_IT = ~HAS_IT & (Q(had_unknown=True) | Q(Coalesce(TAKEN, False)))


def at_once(jobs: Sequence[Job]) -> Mapping[UUID, datetime]:
    """All are due now."""
    return {}


@transaction.atomic
def try_now(ids: Collection[UUID], *, when: When = at_once) -> Acted:
    """Makes waiting jobs due, within their budgets and under their ids; never later than they are."""
    jobs = _hold(ids, Q(status__in=WAITING))
    _make_due(TRY_NOW, jobs, when)
    return Acted([job.pk for job in jobs], _others(ids, jobs, _as_it_stands))


@transaction.atomic
def cancel(ids: Collection[UUID], *, reason: str) -> Acted:
    """Ends waiting jobs; `reason` is shown with them, and `job_settled` tells it."""
    jobs = _hold(ids, Q(status__in=WAITING))
    done = [job.pk for job in jobs]
    Job.objects.filter(id__in=done).update(
        status=Status.CANCELLED, next_attempt_at=None, settled_at=Now(), reason=reason, told=False
    )
    return Acted(done, _others(ids, jobs, _as_it_stands))


@transaction.atomic
def resend(ids: Collection[UUID], *, again: bool = False, when: When = at_once) -> Acted:
    """Queues ended jobs with fresh budgets, to all their recipients, under the same ids.

    Delivered ones only with `again`. A job whose place was given back takes one again. Refused are those
    that wait or are being sent, delivered ones without `again`, tests, those of erased leads and of inactive
    partners, those whose cap is full, and those whose leads others have by now.
    """
    hold_shared()
    ended = [Status.FAILED, Status.CANCELLED, *([Status.DELIVERED] if again else [])]
    held = _hold(ids, Q(status__in=ended, test=False, erased=False, partner__active=True))
    lost = readmission().elsewhere([job for job in held if job.status != Status.DELIVERED])
    homeless = [job for job in held if job.counted_on is None and job.pk not in lost]
    capped = readmission().take(homeless) if homeless else {}
    refused = {**dict.fromkeys(lost, Refusal.ELSEWHERE), **capped}
    jobs = [job for job in held if job.pk not in refused]
    _make_due(RESEND, jobs, when)
    return Acted([job.pk for job in jobs], {**_others(ids, held, _not_resent), **refused})


@transaction.atomic
def move(ids: Collection[UUID], *, to: int, reason: str, again: bool = False, when: When = at_once) -> Acted:
    """Gives the leads of jobs to the partner `to`, as far as their profiles let it have them.

    The jobs end as cancelled with `reason`. With `again` those go, too, whose partners have the lead or may
    have it: of these only the waiting ones end, the others stay as they are. Refused are those that are being
    sent, tests, those of erased leads, and those for which routing gives a reason.
    """
    hold_shared()
    free = ~Q(status=Status.SENDING) & Q(test=False, erased=False)
    held = _hold(ids, free if again else free & ~HAS_IT & ~MAY_HAVE_IT)
    moved = readmission().move(held, to)
    made = Job.objects.select_related("partner").filter(pk__in=moved.made.values()).order_by("pk")
    _make_due(SPREAD, list(made), when)
    ended = Job.objects.filter(pk__in=moved.made).exclude(HAS_IT)
    ended.filter(Q(status__in=WAITING) | ~MAY_HAVE_IT).update(
        status=Status.CANCELLED,
        next_attempt_at=None,
        settled_at=Coalesce("settled_at", Now()),
        reason=reason,
        told=False,
    )
    done = [job.pk for job in held if job.pk in moved.made]
    return Acted(done, {**_others(ids, held, _not_moved), **moved.refused})


@transaction.atomic
def not_received(ids: Collection[UUID], *, by: int | None) -> Acted:
    """Says that the partner does not have failed jobs whose attempts left that open.

    Their end is then told by `job_settled` as any other. `by` is the id of who says it.
    """
    jobs = _hold(ids, Q(status=Status.FAILED, had_unknown=True))
    done = [job.pk for job in jobs]
    Job.objects.filter(id__in=done).update(had_unknown=False, told=False)
    for job in done:
        logger.info("job %s: marked as not received by user %s", job, by)
    return Acted(done, _others(ids, jobs, lambda _job: Refusal.NOT_IN_DOUBT))


def _hold(ids: Collection[UUID], fit: Q) -> list[Job]:
    """Locks those that `fit`, and no others: who is about to settle one need not wait."""
    rows = _rows(ids).filter(fit).select_for_update(no_key=True, of=("self",))
    return list(rows.order_by("id"))


def _rows(ids: Collection[UUID]) -> QuerySet[Job]:
    return Job.objects.filter(id__in=ids).select_related("partner")


def _make_due(sql: str, jobs: Sequence[Job], when: When) -> None:
    if not jobs:
        return
    due = when(jobs)
    values: dict[str, Any] = {"ids": [job.pk for job in jobs], "due": [due.get(job.pk) for job in jobs]}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    wake({job.settings_id for job in jobs})


def _others(ids: Collection[UUID], jobs: Sequence[Job], why: Callable[[Job], Refusal]) -> dict[UUID, Refusal]:
    left = set(ids) - {job.pk for job in jobs}
    return {job.pk: why(job) for job in _rows(left)} if left else {}


def _as_it_stands(job: Job) -> Refusal:
    return Refusal.SENDING if job.status == Status.SENDING else Refusal.SETTLED


def _not_moved(job: Job) -> Refusal:
    if job.test:
        return Refusal.TEST
    if job.erased:
        return Refusal.ERASED
    if job.status == Status.SENDING:
        return Refusal.SENDING
    return Refusal.HAS_IT if job.status == Status.DELIVERED else Refusal.IN_DOUBT


def _not_resent(job: Job) -> Refusal:
    if job.test:
        return Refusal.TEST
    if job.erased:
        return Refusal.ERASED
    if job.status == Status.SENDING:
        return Refusal.SENDING
    if job.status in WAITING:
        return Refusal.WAITING
    return Refusal.DELIVERED if job.status == Status.DELIVERED and job.partner.active else Refusal.INACTIVE
