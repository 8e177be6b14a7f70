"""What follows when a job did not deliver: its place is free again, and the lead may go to another.

Called inside the transaction that remembers that the end was told, and that holds the configuration's
lock, so all of it happens exactly once, whatever dies between.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from delivery.models import Job
from delivery.models.job import Status
from delivery.signals import Settled
from distribution.models import Assignment
from distribution.routing import places
from distribution.routing.again import fail_over
from distribution.routing.ledger import Owner, Spans, Take
from leadflip.kit import clock


def settled(jobs: Sequence[Settled], **_: object) -> None:
    """Receiver of `job_settled`: frees the places, then offers the leads of failed jobs to the next best."""
    routed = [job for job in jobs if job.assignment is not None]
    _free(routed)
    fail_over(_losses([job for job in routed if job.status == Status.FAILED]))


class Readmit:
    """Registered with delivery: a resent job takes a place again."""

    def take(self, job: Job) -> bool:
        """See delivery.readmission."""
        if job.assignment_id is None:
            return True
        assignment = Assignment.objects.select_related("partner").get(pk=job.assignment_id)
        spans = Spans.at(clock.now(), assignment.partner.zone)
        takes = [
            Take(Owner("partner", assignment.partner_id), assignment.partner.caps, assignment.partner.caps),
            Take(Owner("assignment", assignment.pk), assignment.caps, assignment.caps),
        ]
        if not places.take_again(takes, spans):
            return False
        Job.objects.filter(pk=job.pk).update(counted_on=spans.day)
        return True


def _free(jobs: Iterable[Settled]) -> None:
    held = Job.objects.filter(pk__in=[job.job for job in jobs], counted_on__isnull=False)
    rows = held.values_list("partner_id", "assignment_id", "counted_on")
    if places_held := [(partner, assignment, day) for partner, assignment, day in rows if day]:
        places.give_back(places_held)
        held.update(counted_on=None)


def _losses(jobs: Sequence[Settled]) -> list[tuple[UUID, int]]:
    """The leads, with their profiles, that a profile with failover lost."""
    failing = Assignment.objects.filter(
        pk__in=[job.assignment for job in jobs], profile__enabled=True, profile__failover=True
    )
    profiles = dict(failing.values_list("id", "profile_id"))
    return [(job.lead, profiles[job.assignment]) for job in jobs if job.assignment in profiles]
