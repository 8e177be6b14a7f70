"""What follows when a job did not deliver: its place is free again, and the lead may go to another.

Called inside the transaction that remembers that the end was told, and that holds the configuration's
lock, so all of it happens exactly once, whatever dies between.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from delivery.models import Job
from delivery.models.job import Status
from delivery.signals import Settled
from distribution.models import Assignment
from distribution.routing import places
from distribution.routing.again import failover
from distribution.routing.ledger import Owner, Spans, Take
from leadflip.kit import clock


def settled(jobs: Sequence[Settled], **_: object) -> None:
    """Receiver of `job_settled`: frees the places, then offers the leads of failed jobs to the next best.

    Leads and turns are locked before the places, as routing does it.
    """
    routed = [job for job in jobs if job.assignment is not None]
    held = Job.objects.filter(pk__in=[job.job for job in routed], counted_on__isnull=False)
    freed = _freed(held)
    with failover(_losses([job for job in routed if job.status == Status.FAILED]), freed):
        places.give_back(freed)
        held.update(counted_on=None)


class Readmit:
    """Registered with delivery: a resent job takes a place again."""

    def take(self, job: Job) -> bool:
        """See delivery.readmission."""
        if job.assignment_id is None:
            return True
        assignment = Assignment.objects.select_related("partner").get(pk=job.assignment_id)
        today = Spans.at(clock.now(), assignment.partner.zone).day
        takes = [
            Take(Owner("partner", assignment.partner_id), assignment.partner.caps, assignment.partner.caps),
            Take(Owner("assignment", assignment.pk), assignment.caps, assignment.caps),
        ]
        day = places.take_again(takes, today)
        if day is None:
            return False
        Job.objects.filter(pk=job.pk).update(counted_on=day)
        return True


def _freed(held: QuerySet[Job]) -> dict[Owner, list[date]]:
    """By owner, the days that these jobs were counted on."""
    freed: dict[Owner, list[date]] = {}
    for partner, assignment, day in held.values_list("partner_id", "assignment_id", "counted_on"):
        if day is not None and assignment is not None:
            freed.setdefault(Owner("partner", partner), []).append(day)
            freed.setdefault(Owner("assignment", assignment), []).append(day)
    return freed


def _losses(jobs: Sequence[Settled]) -> list[tuple[UUID, int]]:
    """The leads, with their profiles, that a profile with failover lost."""
    failing = Assignment.objects.filter(
        pk__in=[job.assignment for job in jobs], profile__enabled=True, profile__failover=True
    )
    profiles = dict(failing.values_list("id", "profile_id"))
    return [(job.lead, profiles[job.assignment]) for job in jobs if job.assignment in profiles]
