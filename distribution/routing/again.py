"""One more decision of a profile about a lead: by failover, or because an operator asks for it.

Nobody who had the lead from that profile gets it again; that is what resending the job is for.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from delivery.models import Job
from distribution.models import Decision, Lead
from distribution.models.lead import Routing
from distribution.models.routing import Cause
from distribution.routing import compiled, places, record
from distribution.routing.case import CompiledProfile, World
from distribution.routing.compiled import Plan
from distribution.routing.decide import decide
from distribution.routing.ledger import Ledger, Owner
from distribution.routing.record import Made
from distribution.routing.route import route
from distribution.routing.standing import GONE, lock
from leadflip.kit import clock
from leadflip.kit.script import Script
from partners.models.revision import Revision, hold_shared


class Offer(NamedTuple):
    """A lead that a profile offers once more, to others than those who had it."""

    lead: Lead
    profile: CompiledProfile
    world: World
    offered: frozenset[int]


@contextmanager
def failover(losses: Iterable[tuple[UUID, int]], freed: Iterable[Owner]) -> Iterator[None]:
    """Offers each lead, given with the profile that lost its partner, to the next best one at the end.

    Within, all that it may need is locked, and so are the places of `freed`, which may be given back
    now. A lead of which any attempt's end is unknown is offered to nobody. Use it in a transaction that
    took `hold_shared()`.
    """
    losses = sorted(set(losses))
    leads = lock(lead for lead, _profile in losses)
    revision = Revision.current()
    offers = [
        offer._replace(profile=replace(offer.profile, sold_limit=1))
        for lead, number in losses
        if lead in leads
        if not Job.objects.filter(lead=lead, had_unknown=True).exists()
        for offer in _offers(leads[lead], compiled.current(leads[lead].entity_id, revision), {number})
    ]
    count = _count(offers)
    count.hold(freed)
    yield
    _decide_all(offers, count, revision, Cause.FAILOVER)


@transaction.atomic
def route_again(lead_ids: Iterable[UUID]) -> int:
    """Lets every profile in force decide these leads once more; returns how many jobs that made.

    A profile of First match or Round robin one of whose jobs stands is not asked, and none is while an
    attempt's end is not known: the lead would be sold twice.
    """
    revision = hold_shared()
    leads = list(lock(lead_ids).values())
    before = Job.objects.filter(lead__in=leads).count()
    plans = [compiled.current(entity, revision) for entity in {lead.entity_id for lead in leads}]
    # All that is taken in two steps below, in one: by id only so are locks taken in everybody's order.
    sound = [(profile, plan.world) for plan in plans for profile in _sound(plan)]
    places.Count(sound, clock.now()).hold(())
    offers = []
    for lead in leads:
        decided = set(Decision.objects.filter(lead=lead).values_list("profile_id", flat=True))
        offers += _offers(lead, compiled.current(lead.entity_id, revision), decided)
    _decide_all(offers, _count(offers), revision, Cause.AGAIN)
    if leads:
        route(leads, revision=revision)
    _mark(leads)
    return Job.objects.filter(lead__in=leads).count() - before


def _offers(lead: Lead, plan: Plan, profiles: set[int]) -> list[Offer]:
    """What may be offered of a lead by those of the plan's profiles that are named."""
    return [
        Offer(lead, profile, plan.world, offered)
        for profile in _sound(plan)
        if profile.profile_id in profiles
        if (offered := _offered(lead, profile)) is not None
    ]


def _sound(plan: Plan) -> list[CompiledProfile]:
    return [profile for profile in plan.profiles if isinstance(profile, CompiledProfile)]


def _offered(lead: Lead, profile: CompiledProfile) -> frozenset[int] | None:
    """The partners who had the lead from this profile; None where nobody else may have it by itself."""
    jobs = Job.objects.filter(lead=lead, assignment__profile=profile.profile_id)
    known = list(jobs.values_list("partner_id", "status", "had_unknown"))
    if any(had_unknown and status in GONE for _partner, status, had_unknown in known):
        return None
    if profile.strategy != "send_to_all" and any(status not in GONE for _p, status, _unknown in known):
        return None
    return frozenset(partner for partner, _status, _unknown in known)


def _count(offers: Sequence[Offer]) -> places.Count:
    return places.Count([(offer.profile, offer.world) for offer in offers], clock.now())


def _decide_all(offers: Sequence[Offer], count: places.Count, revision: int, cause: Cause) -> None:
    if not offers:
        return
    ledger = count.read(locked=True)
    made = [_decide(offer, ledger, count.now, cause) for offer in offers]
    count.book(ledger)
    script = Script()
    record.write(script, made, revision=revision, at=count.now)
    script.run()


def _decide(offer: Offer, ledger: Ledger, now: datetime, cause: Cause) -> Made:
    lead, profile = offer.lead, offer.profile
    decided = decide(lead.values, profile, offer.world, now, ledger, offer.offered)
    ledger.take(decided.takes)
    if decided.credits is not None:
        ledger.turn(profile.profile_id, decided.credits)
    last = Decision.objects.filter(lead=lead, profile=profile.profile_id).aggregate(last=Max("seq"))["last"]
    return Made(lead.pk, profile, decided, (last or 0) + 1, cause)


def _mark(leads: Sequence[Lead]) -> None:
    """A lead that somebody has now is not among those that nobody matched."""
    placed = Job.objects.filter(lead__in=leads, assignment__isnull=False).values("lead")
    unmatched = Lead.objects.filter(pk__in=placed, routing=Routing.UNMATCHED)
    unmatched.update(routing=Routing.ROUTED, updated_at=clock.now())
