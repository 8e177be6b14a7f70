"""What follows when a job did not deliver: its place is free again, and the lead may go to another.

Called inside the transaction that remembers that the end was told, so all of it happens exactly once,
whatever dies between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Max

from delivery.models import Job
from delivery.models.job import Status
from delivery.signals import Settled
from distribution.models import Assignment, Decision, Lead
from distribution.models.routing import Cause
from distribution.routing import compiled, places, record
from distribution.routing.case import CompiledProfile, World
from distribution.routing.compiled import Plan
from distribution.routing.decide import decide
from distribution.routing.ledger import Ledger, Owner, Spans, Take
from distribution.routing.record import Made
from leadflip.kit import clock
from partners.models.revision import Revision, hold_shared

# A lead and the profile whose partner did not get it.
Loss = tuple[UUID, int]


class Offer(NamedTuple):
    """A lead that a profile offers once more, to others than those who had it."""

    lead: Lead
    profile: CompiledProfile
    world: World
    offered: frozenset[int]


def settled(jobs: Sequence[Settled], **_: object) -> None:
    """Receiver of `job_settled`: frees the places, then offers the leads of failed jobs to the next best."""
    hold_shared()
    routed = [job for job in jobs if job.assignment is not None]
    _free(routed)
    if losses := _losses([job for job in routed if job.status == Status.FAILED]):
        _offer(losses)


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


def _losses(jobs: Sequence[Settled]) -> list[Loss]:
    """The leads that a profile with failover lost, in the order of their locks."""
    failing = Assignment.objects.filter(
        pk__in=[job.assignment for job in jobs], profile__enabled=True, profile__failover=True
    )
    profiles = dict(failing.values_list("id", "profile_id"))
    return sorted({(job.lead, profiles[job.assignment]) for job in jobs if job.assignment in profiles})


def _offer(losses: Sequence[Loss]) -> None:
    """One more decision for each, among those who never had the lead from this profile."""
    revision, now = Revision.current(), clock.now()
    locked = Lead.objects.filter(pk__in={lead for lead, _profile in losses}).select_for_update(no_key=True)
    leads = {lead.pk: lead for lead in locked.order_by("pk")}
    offers = [
        Offer(leads[lead], profile, plan.world, offered)
        for lead, number in losses
        if (plan := compiled.current(leads[lead].entity_id, revision))
        and (profile := _in_force(plan, number)) is not None
        and (offered := _offered(lead, profile)) is not None
    ]
    count = places.Count([(offer.profile, offer.world) for offer in offers], now)
    ledger = count.read(locked=True)
    made = [_decide(offer, ledger, now) for offer in offers]
    count.book(ledger)
    record.write(made, revision=revision, at=now)


def _in_force(plan: Plan, profile_id: int) -> CompiledProfile | None:
    """The profile as it is now, made to choose one."""
    for profile in plan.profiles:
        if profile.profile_id == profile_id and isinstance(profile, CompiledProfile):
            return replace(profile, sold_limit=1)
    return None


def _offered(lead_id: UUID, profile: CompiledProfile) -> frozenset[int] | None:
    """The partners who had the lead from this profile; None where nobody else may have it by itself.

    That is so while any attempt's end is not known, and, but for Send to all, while a job stands.
    """
    jobs = Job.objects.filter(lead=lead_id, assignment__profile=profile.profile_id)
    known = list(jobs.values_list("partner_id", "status", "had_unknown"))
    gone = (Status.FAILED, Status.CANCELLED)
    if any(had_unknown for _partner, _status, had_unknown in known):
        return None
    if profile.strategy != "send_to_all" and any(status not in gone for _p, status, _unknown in known):
        return None
    return frozenset(partner for partner, _status, _unknown in known)


def _decide(offer: Offer, ledger: Ledger, now: datetime) -> Made:
    lead, profile = offer.lead, offer.profile
    decided = decide(lead.values, profile, offer.world, now, ledger, offer.offered)
    ledger.take(decided.takes)
    if decided.credits is not None:
        ledger.turn(profile.profile_id, decided.credits)
    last = Decision.objects.filter(lead=lead, profile=profile.profile_id).aggregate(last=Max("seq"))["last"]
    return Made(lead.pk, profile, decided, (last or 0) + 1, Cause.FAILOVER)
