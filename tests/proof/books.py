"""What the runs counted, what they found, and how a run is looked at when it is over."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from delivery.models import Job
from distribution.models import CapUse, Decision, Lead
from distribution.models.profile import Strategy
from distribution.models.routing import Cause
from partners.caps import PERIODS
from tests.proof.scene import Owner, Stage

SHOWN = 20


@dataclass(slots=True)
class Books:
    """Counts by name, in the order of printing, and every difference with the run that it was found in."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    run: str = ""

    def add(self, name: str, count: int) -> None:
        """Counts `count` more."""
        self.counts[name] += count

    def fault(self, words: str) -> None:
        """A difference; one that was seen before is not repeated."""
        line = f"{self.run}{words}"
        if line not in self.faults:
            self.faults.append(line)

    def ended(self, pids: Sequence[int]) -> None:
        """Routers that nobody killed."""
        for pid in pids:
            self.fault(f"router {pid} ended by itself: see the log")

    def log(self, said: str) -> None:
        """What the routers wrote: errors that were got over. They must not be."""
        for words in ("routing_failed", "telling failed"):
            if count := said.count(words):
                self.faults.append(f"{count} times in the log: {words}")

    def lines(self) -> Iterator[str]:
        """For people."""
        for name, count in self.counts.items():
            yield f"  {name:<40}{count:>9}"
        yield from (f"  DIFFERENCE: {fault}" for fault in self.faults[:SHOWN])
        if len(self.faults) > SHOWN:
            yield f"  … and {len(self.faults) - SHOWN} more"


def held(owner: Owner) -> int:
    """How many jobs hold a place of `owner`."""
    return Job.objects.filter(**{owner.column: owner.id}, counted_on__isnull=False).count()


def audit(stage: Stage, books: Books) -> None:
    """Places as they are counted, leads as they were decided, jobs as they were made."""
    for owner in stage.owners:
        _places(owner, books)
    jobs = _jobs(stage)
    chosen = _chosen(stage, books)
    books.add("jobs", sum(map(len, jobs.values())))
    for key in jobs.keys() | chosen.keys():
        partners = jobs[key]
        if len(partners) != chosen[key]:
            books.fault(f"lead {key[0]}: {len(partners)} jobs of profile {key[1]}, {chosen[key]} were chosen")
        if stage.scene.failover and len(set(partners)) < len(partners):
            books.fault(f"lead {key[0]}: twice to one partner by profile {key[1]}")


def _places(owner: Owner, books: Books) -> None:
    """All jobs are of today, so every period counts the same."""
    row = CapUse.objects.get(**{owner.column: owner.id})
    counted = [getattr(row, f"{period}_used") for period in PERIODS]
    if counted != [held(owner)] * len(PERIODS):
        books.fault(f"{owner.cap} counts {counted}, and {held(owner)} jobs hold a place")


def _jobs(stage: Stage) -> dict[tuple[UUID, int], list[int]]:
    """The partners of each lead and profile, one a job."""
    found: dict[tuple[UUID, int], list[int]] = defaultdict(list)
    rows = Job.objects.filter(lead__entity=stage.entity, assignment__isnull=False)
    for lead, profile, partner in rows.values_list("lead_id", "assignment__profile_id", "partner_id"):
        assert profile is not None
        found[lead, profile].append(partner)
    return found


def _chosen(stage: Stage, books: Books) -> Counter[tuple[UUID, int]]:
    """How many were chosen by lead and profile; each profile has decided a lead once when it came."""
    chosen: Counter[tuple[UUID, int]] = Counter()
    first: Counter[tuple[UUID, int]] = Counter()
    rows = Decision.objects.filter(lead__entity=stage.entity)
    for lead, profile, cause, verdicts in rows.values_list("lead_id", "profile_id", "cause", "verdicts"):
        picks = sum(verdict[0] == "chosen" for verdict in verdicts)
        chosen[lead, profile] += picks
        first[lead, profile] += cause == Cause.NEW
        if picks > 1 and stage.scene.strategy != Strategy.SEND_TO_ALL:
            books.fault(f"lead {lead}: {picks} chosen by {stage.scene.strategy}")
        books.add("decisions", 1)
    for lead in Lead.objects.filter(entity=stage.entity).values_list("id", flat=True):
        times = [first[lead, profile] for profile in stage.profiles]
        if times != [1] * len(times):
            books.fault(f"lead {lead}: decided {times} times")
    return chosen
