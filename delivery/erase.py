"""What delivery holds of leads that are erased, and who got them. Jobs, prices and attempt facts stay."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from delivery.models import Attempt, AttemptBody, BounceMail, Job
from delivery.models.job import WAITING, Status


class Copy(NamedTuple):
    """A lead that a partner got. Not `certain`: an attempt had no answer, so it may have it."""

    lead_id: UUID
    partner_id: int
    partner: str
    kind: str
    at: datetime
    certain: bool


def stop(lead_ids: Collection[UUID], reason: str) -> None:
    """Locks the leads' jobs and cancels those that wait; those that are being sent are left to the engine.

    In a transaction, before the leads are locked. `job_settled` tells of the cancelled ones.
    """
    jobs = Job.objects.filter(lead__in=lead_ids).exclude(status=Status.SENDING).order_by("pk")
    found = list(jobs.select_for_update(no_key=True).values_list("pk", "status"))
    Job.objects.filter(pk__in=[job for job, status in found if status in WAITING]).update(
        status=Status.CANCELLED, next_attempt_at=None, settled_at=Now(), reason=reason, told=False
    )


def open_leads(lead_ids: Collection[UUID]) -> set[UUID]:
    """Those of the leads that have a job which has not ended."""
    open_ones = Job.objects.filter(lead__in=lead_ids, status__in=[*WAITING, Status.SENDING])
    return set(open_ones.values_list("lead_id", flat=True))


def erase(lead_ids: Collection[UUID], reason: str) -> dict[str, int]:
    """Removes what was sent and answered, returned mails, and texts that may name somebody; counts them.

    In a transaction that holds the jobs (`stop`). Nothing can be sent of these jobs afterwards. Safe to
    repeat.
    """
    jobs = Job.objects.filter(lead__in=lead_ids)
    attempts = Attempt.objects.filter(job__in=jobs.values("pk"))
    bodies, _by_model = AttemptBody.objects.filter(attempt__in=attempts.values("pk")).delete()
    mails, _by_model = BounceMail.objects.filter(job__in=jobs.values("pk")).delete()
    texts = attempts.exclude(error="").update(error="")
    texts += jobs.filter(~Q(last_error="") | Q(recipients__isnull=False)).update(
        last_error="", recipients=None
    )
    jobs.exclude(reason__in=["", reason]).update(reason="")
    jobs.update(erased=True)
    return {"bodies": bodies, "mails": mails, "texts": texts}


def held(lead_ids: Collection[UUID]) -> dict[str, int]:
    """How many bodies and returned mails `erase` would remove, and of how many jobs."""
    jobs = Job.objects.filter(lead__in=lead_ids)
    return {
        "jobs": jobs.count(),
        "bodies": AttemptBody.objects.filter(attempt__job__lead__in=lead_ids).count(),
        "mails": BounceMail.objects.filter(job__lead__in=lead_ids).count(),
    }


def copies(lead_ids: Collection[UUID]) -> list[Copy]:
    """Who has these leads, or may have them, in the order of time."""
    had = Q(status=Status.DELIVERED) | Q(had_unknown=True) | Q(tries__outcome="delivered")
    rows = Job.objects.filter(had, lead__in=lead_ids).distinct().order_by("pk")
    when = Coalesce(F("settled_at"), F("created_at"))
    listed = rows.values_list("lead_id", "partner_id", "partner__name", "kind", when, "status")
    return [Copy._make([*row, status == Status.DELIVERED]) for *row, status in listed]
