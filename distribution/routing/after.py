"""What follows when a job did not deliver: its place is free again, and the lead may go to another.

Called inside the transaction that remembers that the end was told, and that holds the configuration's
lock, so all of it happens exactly once, whatever dies between.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from delivery.models import Job
from delivery.models.job import Status
from delivery.readmission import Moved
from delivery.refusal import Refusal
from delivery.signals import Settled
from distribution import own_caps
from distribution.models import Assignment
from distribution.routing import moving, places, standing
from distribution.routing.again import failover
from distribution.routing.ledger import Owner, Spans, Take
from distribution.routing.places import Wanted
from leadflip.kit import clock
from partners.caps import Own


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
    """Registered with delivery: resent jobs take places again, moved ones go where routing lets them."""

    def take(self, jobs: Sequence[Job]) -> Mapping[UUID, Refusal]:
        """See delivery.readmission."""
        routed = [job for job in jobs if job.assignment_id is not None]
        days = places.take_again(_wanted(routed))
        by_day: dict[date | None, list[UUID]] = defaultdict(list)
        for job, day in zip(routed, days, strict=True):
            by_day[day].append(job.pk)
        refused = by_day.pop(None, [])
        for day, ids in by_day.items():
            Job.objects.filter(pk__in=ids).update(counted_on=day)
        return dict.fromkeys(refused, Refusal.CAPPED)

    def elsewhere(self, jobs: Sequence[Job]) -> set[UUID]:
        """See delivery.readmission."""
        return standing.lost(jobs)

    def move(self, jobs: Sequence[Job], to: int) -> Moved:
        """See delivery.readmission."""
        return moving.move(jobs, to)


def _wanted(jobs: Sequence[Job]) -> list[Wanted]:
    """What each job takes: a place of its partner, and one of its assignment."""
    now, ids = clock.now(), {job.assignment_id for job in jobs if job.assignment_id is not None}
    seats = {seat.pk: seat for seat in Assignment.objects.select_related("partner").filter(pk__in=ids)}
    own = own_caps.in_force({seat.partner_id for seat in seats.values()})
    wanted = {number: _place(seat, own, now) for number, seat in seats.items()}
    return [wanted[job.assignment_id] for job in jobs if job.assignment_id is not None]


def _place(seat: Assignment, own: Mapping[Owner, Own], now: datetime) -> Wanted:
    caps = {Owner("partner", seat.partner_id): seat.partner.caps, Owner("assignment", seat.pk): seat.caps}
    takes = [
        Take.of(owner, each, own[owner].at(now)) if owner in own else Take(owner, each, each)
        for owner, each in caps.items()
    ]
    return Wanted(takes, Spans.at(now, seat.partner.zone).day)


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
