"""Moving a job's lead to a partner that an operator names: its profile decides, and asks that one alone.

So whatever keeps a lead from a partner keeps it from this one, too: rules, hours, caps, pacing. Nobody gets
a lead that it had before, and no more partners have it than the profile lets.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from delivery.models import Job
from delivery.readmission import Moved
from delivery.refusal import Refusal
from distribution.models import Decision, Lead
from distribution.models.profile import Strategy
from distribution.models.routing import Cause
from distribution.routing import compiled, places, record, standing
from distribution.routing.case import CompiledProfile, World
from distribution.routing.decide import Decided, decide
from distribution.routing.ledger import Ledger
from distribution.routing.record import Made
from distribution.routing.standing import Had
from leadflip.kit import clock
from leadflip.kit.script import Script
from partners.models.revision import Revision, hold_shared

Answer = Decided | Refusal
# What the gates say of the named partner, in words about the other one.
REFUSALS: Mapping[str, Refusal] = {
    "profile_rules": Refusal.PROFILE_RULES,
    "rules": Refusal.RULES,
    "disabled": Refusal.SEAT_OFF,
    "inactive": Refusal.TO_INACTIVE,
    "no_settings": Refusal.NO_METHOD,
    "closed": Refusal.CLOSED,
    "cap": Refusal.TO_CAPPED,
    "pacing": Refusal.PACING,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A job whose lead is to move, and what its profile needs to decide that."""

    job: Job
    lead: Lead
    profile: CompiledProfile
    world: World


@dataclass(slots=True)
class Moving:
    """What is read of jobs whose leads are to move; `refused` are those that nobody else can have."""

    wishes: list[Wish] = field(default_factory=list)
    refused: dict[UUID, Refusal] = field(default_factory=dict)
    had: Mapping[UUID, list[Had]] = field(default_factory=dict)

    @classmethod
    def of(cls, jobs: Sequence[Job], leads: Mapping[UUID, Lead], revision: int) -> "Moving":
        """One query, and those of plans that are new."""
        moving = cls(had=standing.had(leads))
        profiles = {each.job: each.profile for rows in moving.had.values() for each in rows}
        for job in jobs:
            lead = leads.get(job.lead_id)
            plan = compiled.current(lead.entity_id, revision) if lead else None
            profile = _in_force(plan.profiles if plan else (), profiles.get(job.pk))
            if lead is None or plan is None:
                moving.refused[job.pk] = Refusal.ERASED
            elif profile is None:
                moving.refused[job.pk] = Refusal.NO_PROFILE
            else:
                moving.wishes.append(Wish(job, lead, profile, plan.world))
        return moving

    def count(self) -> places.Count:
        """The places of all who may get them."""
        profiles = {wish.profile.profile_id: (_asked(wish.profile), wish.world) for wish in self.wishes}
        return places.Count(list(profiles.values()), clock.now())

    def judge(self, wish: Wish, to: int, ledger: Ledger, now: datetime) -> Answer:
        """The decision that gives it to the partner `to`, or why it does not get it."""
        if all(seat.partner_id != to for seat in wish.profile.seats):
            return Refusal.NO_SEAT
        if any(each.partner == to for each in self.had[wish.lead.pk]):
            return Refusal.HAD
        if self._sold(wish):
            return Refusal.ELSEWHERE
        decided = decide(wish.lead.values, _asked(wish.profile), wish.world, now, ledger, only=to)
        return decided if decided.picks else _refusal(decided, wish.profile, to)

    def _sold(self, wish: Wish) -> bool:
        """Whether others have it, as many as may."""
        profile = wish.profile
        rows = [each for each in self.had[wish.lead.pk] if each.profile == profile.profile_id]
        others = sum(each.stands for each in rows if each.job != wish.job.pk)
        most = standing.most(profile.strategy, profile.sold_limit)
        return most is not None and others >= most


def move(jobs: Sequence[Job], to: int) -> Moved:
    """See delivery.readmission.Readmission.move."""
    revision = Revision.current()
    moving = Moving.of(jobs, standing.lock(job.lead_id for job in jobs), revision)
    count, seqs = moving.count(), _seqs(moving.wishes)
    ledger = count.read(locked=True)
    judged = dict(_judged(moving, to, ledger, count.now))
    made = {
        wish.job.pk: Made(wish.lead.pk, wish.profile, decided, seqs.get(_key(wish), 0) + 1, Cause.MOVED)
        for wish in moving.wishes
        if isinstance(decided := judged[wish.job.pk], Decided)
    }
    count.book(ledger)
    script = Script()
    ids = record.write(script, list(made.values()), revision=revision, at=count.now)
    script.run()
    refused = {job: answer for job, answer in judged.items() if isinstance(answer, Refusal)}
    return Moved(dict(zip(made, ids, strict=True)), {**moving.refused, **refused})


@transaction.atomic
def tried(jobs: Sequence[Job], to: int) -> dict[UUID, Answer]:
    """What `move` would do with these jobs now; nothing is locked or taken."""
    moving = _looking(jobs)
    count = moving.count()
    return {**moving.refused, **dict(_judged(moving, to, count.look(), count.now))}


@transaction.atomic
def options(job: Job, most: int) -> dict[int, Answer]:
    """What its profile would say now of the `most` best-ranked others; {} where nobody can have it."""
    moving = _looking([job])
    count = moving.count()
    ledger = count.look()
    return {
        partner: moving.judge(wish, partner, ledger, count.now)
        for wish in moving.wishes
        for partner in islice(_others(wish), most)
    }


def _others(wish: Wish) -> Iterable[int]:
    """The other partners of its profile, each once, in rank order."""
    ranked = dict.fromkeys(seat.partner_id for seat in wish.profile.seats)
    return (partner for partner in ranked if partner != wish.job.partner_id)


def _looking(jobs: Sequence[Job]) -> Moving:
    revision = hold_shared()
    return Moving.of(
        jobs, Lead.objects.filter(erased_at=None).in_bulk({job.lead_id for job in jobs}), revision
    )


def _judged(moving: Moving, to: int, ledger: Ledger, now: datetime) -> Iterator[tuple[UUID, Answer]]:
    """The answers by job; each finds the places as those before left them."""
    for wish in moving.wishes:
        answer = moving.judge(wish, to, ledger, now)
        if isinstance(answer, Decided):
            ledger.take(answer.takes)
            # Another job of the same lead does not give it to the same partner once more.
            moving.had[wish.lead.pk].append(Had(wish.job.pk, to, wish.profile.profile_id, stands=True))
        yield wish.job.pk, answer


def _key(wish: Wish) -> tuple[UUID, int]:
    return wish.lead.pk, wish.profile.profile_id


def _in_force(profiles: Sequence[object], wanted: int | None) -> CompiledProfile | None:
    sound = (profile for profile in profiles if isinstance(profile, CompiledProfile))
    return next((profile for profile in sound if profile.profile_id == wanted), None)


def _asked(profile: CompiledProfile) -> CompiledProfile:
    """Of several places of one partner the best is taken, and it is nobody's turn."""
    return replace(profile, strategy=Strategy.FIRST_MATCH)


def _refusal(decided: Decided, profile: CompiledProfile, to: int) -> Refusal:
    """The first reason against the best-ranked place of the partner."""
    verdicts = zip(profile.seats, decided.verdicts, strict=True)
    code = next(verdict[0] for seat, verdict in verdicts if seat.partner_id == to)
    return REFUSALS.get(code, Refusal.GATE)


def _seqs(wishes: Sequence[Wish]) -> Mapping[tuple[UUID, int], int]:
    """By lead and profile, the number of the last decision."""
    rows = Decision.objects.filter(lead__in={wish.lead.pk for wish in wishes})
    last = rows.values_list("lead_id", "profile_id").annotate(last=Max("seq"))
    return {(lead, profile): number for lead, profile, number in last}
