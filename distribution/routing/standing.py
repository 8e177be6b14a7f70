"""Who has leads already, and how many may: what moving and resending must not go beyond."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from delivery.models import Job
from delivery.models.job import Status
from distribution.models import Lead
from distribution.models.profile import Strategy

GONE = (Status.FAILED, Status.CANCELLED)


class Had(NamedTuple):
    """A job of a lead. `stands`: its partner has the lead, may have it, or is about to get it."""

    job: UUID
    partner: int
    profile: int | None
    stands: bool


def had(leads: Iterable[UUID]) -> Mapping[UUID, list[Had]]:
    """By lead, all its jobs but tests. One query."""
    found: dict[UUID, list[Had]] = defaultdict(list)
    jobs = Job.objects.filter(lead__in=set(leads), test=False).order_by("id")
    columns = ("lead_id", "id", "partner_id", "assignment__profile", "status", "had_unknown")
    for lead, job, partner, profile, status, doubt in jobs.values_list(*columns):
        found[lead].append(Had(job, partner, profile, doubt or status not in GONE))
    return found


def most(strategy: str, sold_limit: int | None) -> int | None:
    """How many partners a profile lets have one lead; None: any number."""
    return sold_limit if strategy == Strategy.SEND_TO_ALL else 1


def lost(jobs: Sequence[Job]) -> set[UUID]:
    """See delivery.readmission.Readmission.elsewhere. Three queries."""
    limits = _limits(jobs)
    limited = [job for job in jobs if job.pk in limits]
    lock(job.lead_id for job in limited)
    standing = Counter(
        (lead, each.profile)
        for lead, rows in had(job.lead_id for job in limited).items()
        for each in rows
        if each.stands
    )
    beyond = set()
    for job in limited:
        profile, limit = limits[job.pk]
        others = standing[job.lead_id, profile] - job.had_unknown
        if others >= limit:
            beyond.add(job.pk)
        else:
            standing[job.lead_id, profile] = others + 1
    return beyond


def lock(leads: Iterable[UUID]) -> dict[UUID, Lead]:
    """The leads by id, without those that were erased."""
    rows = Lead.objects.filter(pk__in=set(leads), erased_at=None)
    return {lead.pk: lead for lead in rows.select_for_update(no_key=True).order_by("pk")}


def _limits(jobs: Sequence[Job]) -> dict[UUID, tuple[int, int]]:
    """By job whose profile lets only so many have a lead, that profile and how many. One query."""
    profile = "assignment__profile"
    rows = Job.objects.filter(pk__in=[job.pk for job in jobs], assignment__isnull=False)
    limits = {
        pk: (number, most(strategy, sold_limit))
        for pk, number, strategy, sold_limit in rows.values_list(
            "pk", profile, f"{profile}__strategy", f"{profile}__sold_limit"
        )
    }
    return {pk: (number, limit) for pk, (number, limit) in limits.items() if limit is not None}
