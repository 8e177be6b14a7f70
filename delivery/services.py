"""What others may do with jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from delivery.models import Job
from leadflip.kit.ids import uuid7

# What wakes the engines; the payload says nothing, the rows say all.
CHANNEL = "leadflip_due"


@dataclass(frozen=True, slots=True)
class Placement:
    """A selection of routing: where one lead goes, and at what price."""

    assignment_id: int | None
    profile_version: int | None
    partner_id: int
    settings_id: int
    kind: str
    policy_id: int | None = None
    price: Decimal | None = None
    currency: str = ""


def place(*, lead_id: UUID, picks: Sequence[Placement], at: datetime) -> list[Job]:
    """Queues a job for each pick, due at once, and wakes the engines when the transaction commits.

    `at` is the jobs' creation time; when they are due is told by the database's clock alone.

    Raises IntegrityError if the lead already has a job for one of the assignments.
    """
    jobs = [_job(lead_id, pick, at) for pick in picks]
    Job.objects.bulk_create(jobs)
    if jobs:
        wake()
    return jobs


def wake() -> None:
    """Tells the engines, at this transaction's commit, that something may be due."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def _job(lead_id: UUID, pick: Placement, at: datetime) -> Job:
    return Job(
        id=uuid7(at),
        lead_id=lead_id,
        assignment_id=pick.assignment_id,
        profile_version=pick.profile_version,
        partner_id=pick.partner_id,
        settings_id=pick.settings_id,
        kind=pick.kind,
        policy_id=pick.policy_id,
        price=pick.price,
        currency=pick.currency,
        next_attempt_at=Now(),
        budget_due=Now(),
        created_at=at,
    )
