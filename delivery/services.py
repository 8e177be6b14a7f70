"""What others may do with jobs."""

import json
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, TextChoices
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from delivery.models import Job
from delivery.models.job import WAITING, Status
from delivery.readmission import readmission
from leadflip.kit.ids import uuid7
from leadflip.kit.script import Script
from partners.models import User
from partners.models.revision import hold_shared

logger = logging.getLogger(__name__)

# What wakes the engines. The payload is a lane to look at, or nothing: the rows say all.
CHANNEL = "leadflip_due"
# Lanes that are named to the engines one by one; of more, all are looked at.
NAMED = 8


class Refusal(TextChoices):
    """Why a job cannot be acted on now, in words for whoever asked."""

    SENDING = "sending", _("It is being sent at this moment. Look again when the attempt has ended.")
    WAITING = "waiting", _("It waits for its next attempt already. “Try now” brings that forward.")
    SETTLED = "settled", _("It has ended. “Resend” begins again.")
    DELIVERED = "delivered", _("The partner has it. Say that it is to be sent once more.")
    INACTIVE = "inactive", _("The partner is inactive. Make it active, then resend.")
    CAPPED = "capped", _("A cap of the partner or of its place in the profile is full. Raise it, or wait.")
    TEST = "test", _("A test is sent once. Send another one where the delivery settings are.")
    ERASED = (
        "erased",
        _("The lead’s values are gone: erased, or too old to be kept. Nothing can be sent."),
    )
    NOT_IN_DOUBT = "not_in_doubt", _("No failed attempt of it is in doubt: nothing is kept back.")


class Refused(Exception):
    """The job is not in a state for what was asked; nothing was changed. `refusal` names the reason."""

    def __init__(self, job_id: UUID, refusal: Refusal) -> None:
        super().__init__(f"Job {job_id}: {refusal.label}")
        self.refusal = refusal


class Placement(NamedTuple):
    """A selection of routing: where one lead goes, and at what price.

    `counted_on`: the day in the partner's zone on which it takes its place of the caps. `due`: when it
    may be sent first, None for at once.
    """

    lead_id: UUID
    assignment_id: int | None
    profile_version: int | None
    partner_id: int
    settings_id: int
    kind: str
    policy_id: int | None = None
    price: Decimal | None = None
    currency: str = ""
    counted_on: date | None = None
    due: datetime | None = None


# One JSON text for all rows: an object and a parameter a column cost several times the row itself.
PLACE = """
INSERT INTO delivery_job
    (id, lead_id, assignment_id, profile_version, partner_id, settings_id, kind, policy_id, price, currency,
     counted_on, created_at, budget_due, next_attempt_at, status, attempts, budget_from, test, had_unknown,
     told, last_outcome, last_error_class, last_error, reason)
SELECT id, lead_id, assignment_id, profile_version, partner_id, settings_id, kind, policy_id, price, currency,
       counted_on, %(at)s::timestamptz, coalesce(due, statement_timestamp()),
       coalesce(due, statement_timestamp()), 'queued', 0, 0, false, false, false, '', '', '', ''
FROM json_to_recordset(%(picks)s::json) AS pick (
    id uuid, lead_id uuid, assignment_id bigint, profile_version int, partner_id bigint, settings_id bigint,
    kind text, policy_id bigint, price numeric, currency text, counted_on date, due timestamptz)
"""


def place(picks: Sequence[Placement], *, at: datetime) -> list[UUID]:
    """Queues a job for each pick, due at once unless it says when; wakes the engines at the commit.

    Returns the jobs' ids. `at` is their creation time; when they are due is told by the database's clock.

    Raises IntegrityError if a lead already has a job for one of its assignments.
    """
    script = Script()
    ids = add_placing(script, picks, at=at)
    script.run()
    return ids


def add_placing(script: Script, picks: Sequence[Placement], *, at: datetime) -> list[UUID]:
    """What `place` does, as a part of `script`."""
    ids = [uuid7(at) for _pick in picks]
    if picks:
        rows = [{"id": id, **pick._asdict()} for id, pick in zip(ids, picks, strict=True)]
        script.add(PLACE, {"picks": json.dumps(rows, default=str), "at": at})
        _wake(script, {pick.settings_id for pick in picks})
    return ids


@transaction.atomic
def try_now(*, job_id: UUID) -> None:
    """Makes a waiting job due now, within its budget and under its id.

    Raises Refused while it is being sent and when it has ended, Job.DoesNotExist.
    """
    changed = Job.objects.filter(id=job_id, status__in=WAITING).update(next_attempt_at=Now())
    _changed_or(job_id, changed, _as_it_stands)
    wake()


@transaction.atomic
def cancel(*, job_id: UUID, reason: str) -> None:
    """Ends a waiting job; `reason` is shown with it, and `job_settled` tells it.

    Raises Refused while it is being sent and when it has ended, Job.DoesNotExist.
    """
    changed = Job.objects.filter(id=job_id, status__in=WAITING).update(
        status=Status.CANCELLED, next_attempt_at=None, settled_at=Now(), reason=reason, told=False
    )
    _changed_or(job_id, changed, _as_it_stands)


@transaction.atomic
def resend(*, job_id: UUID, again: bool = False) -> None:
    """Queues an ended job with a fresh budget, due now, to all its recipients, under the same id.

    A delivered one only with `again`. A job whose place was given back takes one again. Raises Refused
    while it waits or is being sent, for a delivered one without `again`, for a test, where the lead was
    erased, while the partner is inactive, and where a cap is full; Job.DoesNotExist.
    """
    hold_shared()
    ended = [Status.FAILED, Status.CANCELLED, *([Status.DELIVERED] if again else [])]
    changed = Job.objects.filter(
        id=job_id, status__in=ended, partner__active=True, test=False, erased=False
    ).update(
        status=Status.QUEUED,
        budget_from=F("attempts"),
        budget_due=Now(),
        next_attempt_at=Now(),
        settled_at=None,
        recipients=None,
        reason="",
        told=False,
    )
    _changed_or(job_id, changed, _not_resent)
    job = Job.objects.get(id=job_id)
    if job.counted_on is None and not readmission().take(job):
        raise Refused(job_id, Refusal.CAPPED)
    wake()


@transaction.atomic
def not_received(*, job_id: UUID, by: User) -> None:
    """Says that the partner does not have a failed job whose attempts left that open.

    Its end is then told by `job_settled` as any other. Raises Refused for every other job,
    Job.DoesNotExist.
    """
    doubtful = Job.objects.filter(id=job_id, status=Status.FAILED, had_unknown=True)
    _changed_or(job_id, doubtful.update(had_unknown=False, told=False), lambda _job: Refusal.NOT_IN_DOUBT)
    logger.info("job %s: marked as not received by user %s", job_id, by.pk)


def wake(lanes: Collection[int] = ()) -> None:
    """Tells the engines, at this transaction's commit, that something may be due.

    `lanes` are the settings rows whose jobs are; without them, or with many, the engines look at all.
    """
    script = Script()
    _wake(script, lanes)
    script.run()


def _wake(script: Script, lanes: Collection[int]) -> None:
    names = [str(lane) for lane in lanes] if 0 < len(lanes) <= NAMED else [""]
    calls = ", ".join(["pg_notify(%s, %s)"] * len(names))
    script.add(f"SELECT {calls}", [word for name in names for word in (CHANNEL, name)])


def _changed_or(job_id: UUID, changed: int, why: Callable[[Job], Refusal]) -> None:
    # The status was compared and set in one statement; only who came too late reads the row.
    if not changed:
        raise Refused(job_id, why(Job.objects.select_related("partner").get(id=job_id)))


def _as_it_stands(job: Job) -> Refusal:
    return Refusal.SENDING if job.status == Status.SENDING else Refusal.SETTLED


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
