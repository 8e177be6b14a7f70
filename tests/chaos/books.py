"""The books: pure accounting of what was posted, stored, delivered and received.

Every difference is a line in `Books.faults`. A call that came twice is no fault when it is explained:
all but its last arrival were under way when an engine or its worker was killed, so many of its attempts
are without an answer, and all arrivals carry the same webhook-id and the same body.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

# From the answer on the wire to the outcome in the database.
SETTLE_SECONDS = 2.0
# From the caller's last byte to the receiver's look at the clock, on a busy machine.
RECEIVE_SECONDS = 0.5
OPEN = "unknown"
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Posted:
    """One lead of the source; `lead` is the id that it was told, None when it was never accepted."""

    number: int
    desk: str
    lead: str | None
    posts: int = 1
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One stored lead."""

    id: str
    number: int


@dataclass(frozen=True, slots=True)
class Job:
    """One distribution job; `desk` is its partner."""

    id: str
    lead: str
    desk: str
    kind: str
    status: str
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Try:
    """One logged attempt."""

    job: str
    number: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Came:
    """One arrival at a partner: its webhook-id (a letter's is in its Message-ID), Unix times."""

    id: str
    desk: str
    number: int
    body: bytes
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Happened:
    """One pain, carried out between `at` and `until`; `cuts` when calls may have lost their caller by it."""

    name: str
    at: float
    until: float
    cuts: bool = False


@dataclass(slots=True)
class Records:
    """Everything that was seen from outside and stored within."""

    posted: Sequence[Posted] = ()
    rows: Sequence[Row] = ()
    jobs: Sequence[Job] = ()
    tries: Sequence[Try] = ()
    came: Sequence[Came] = ()
    pains: Sequence[Happened] = ()


@dataclass(slots=True)
class Books:
    """Counts by name, in the order of printing, and what does not add up."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """For people."""
        for name, count in self.counts.items():
            yield f"  {name:<34}{count:>7}"
        yield from (f"  DIFFERENCE: {fault}" for fault in self.faults[:SHOWN])
        if len(self.faults) > SHOWN:
            yield f"  … and {len(self.faults) - SHOWN} more"


def close(records: Records) -> Books:
    """Adds everything up."""
    books = Books()
    _intake(records, books)
    _jobs(records, books)
    _receipts(records, books)
    _repeats(records, books)
    return books


def _intake(records: Records, books: Books) -> None:
    rows = {row.id: row for row in records.rows}
    made = Counter(row.number for row in records.rows)
    twice = [number for number, times in made.items() if times > 1]
    accepted = [lead for lead in records.posted if lead.lead is not None]
    stored = [lead for lead in accepted if lead.lead in rows and rows[lead.lead].number == lead.number]
    books.counts |= {
        "leads posted": len(records.posted),
        "posted again (error or no answer)": sum(lead.posts - 1 for lead in records.posted),
        "accepted": len(accepted),
        "rows": len(records.rows),
        "duplicates of leads": sum(made.values()) - len(made),
        "jobs": len(records.jobs),
    }
    for lead in _missing(records.posted, accepted):
        books.faults.append(f"lead {lead.number} was not accepted: {lead.refusal or 'no answer'}")
    for lead in _missing(accepted, stored):
        books.faults.append(f"lead {lead.number} was accepted as {lead.lead} and has no such row")
    books.faults += [f"lead {number} has {made[number]} rows" for number in twice]
    for number in sorted(set(made) - {lead.number for lead in records.posted}):
        books.faults.append(f"there is a row of lead {number}, which nobody posted")


def _missing(all_of: Iterable[Posted], some: Iterable[Posted]) -> list[Posted]:
    known = {lead.number for lead in some}
    return [lead for lead in all_of if lead.number not in known]


def _jobs(records: Records, books: Books) -> None:
    of_lead = defaultdict(list)
    for job in records.jobs:
        of_lead[job.lead].append(job)
    delivered = Counter(job.kind for job in records.jobs if job.status == "delivered")
    books.counts |= {f"delivered by {kind}": delivered[kind] for kind in ("webhook", "email", "portal")}
    lost = 0
    for lead in records.posted:
        jobs = of_lead[lead.lead] if lead.lead else []
        if len(jobs) > 1:
            books.faults.append(f"lead {lead.number} has {len(jobs)} jobs")
        if lead.lead and not any(job.status == "delivered" for job in jobs):
            lost += 1
            how = ", ".join(job.status for job in jobs) or "no job"
            books.faults.append(f"lead {lead.number} is lost: {how}")
    books.counts["lost"] = lost


def _receipts(records: Records, books: Books) -> None:
    """Whoever has a lead is whom it was meant for, and what is called delivered was received."""
    meant = {lead.number: lead.desk for lead in records.posted}
    jobs = {job.id: job for job in records.jobs}
    numbers = {row.id: row.number for row in records.rows}
    wrong = [
        f"lead {came.number} came to {came.desk} and was for {meant.get(came.number)}"
        for came in records.came
        if came.desk != meant.get(came.number)
    ]
    wrong += [
        f"lead {numbers[job.lead]} has a job for {job.desk} and was for {meant.get(numbers[job.lead])}"
        for job in records.jobs
        if job.lead in numbers and job.desk != meant.get(numbers[job.lead])
    ]
    books.counts["arrivals at partners"] = len(records.came)
    books.counts["leads at a wrong partner"] = len(wrong)
    books.faults += wrong
    received = {came.id for came in records.came}
    for job in records.jobs:
        if job.status == "delivered" and job.id not in received:
            books.faults.append(f"job {job.id} ({job.kind}) is called delivered and never came")
    for came in records.came:
        if came.id not in jobs or numbers.get(jobs[came.id].lead) != came.number:
            books.faults.append(f"lead {came.number} came under {came.id}, which is not its job")


def _repeats(records: Records, books: Books) -> None:
    arrivals = defaultdict(list)
    for came in records.came:
        arrivals[came.id].append(came)
    jobs = {job.id: job for job in records.jobs}
    open_tries = _open_tries(records)
    repeats = unexplained = 0
    for id, every in arrivals.items():
        if len(every) == 1 or id not in jobs:
            continue
        repeats += len(every) - 1
        fault = _unexplained(sorted(every, key=lambda one: one.began), open_tries[id], records.pains)
        if fault:
            unexplained += 1
            books.faults.append(f"lead {every[0].number} came {len(every)} times under {id}: {fault}")
    books.counts["attempts without an answer"] = sum(open_tries.values())
    books.counts["repeats of a webhook-id"] = repeats
    books.counts["jobs with a repeat unexplained"] = unexplained


def _open_tries(records: Records) -> dict[str, int]:
    """By job: attempts `unknown`, and charged ones that are not in the log."""
    logged = defaultdict(set)
    unknown = defaultdict(set)
    for one in records.tries:
        logged[one.job].add(one.number)
        if one.outcome == OPEN:
            unknown[one.job].add(one.number)
    return {job.id: len(unknown[job.id]) + job.attempts - len(logged[job.id]) for job in records.jobs}


def _unexplained(every: Sequence[Came], open_tries: int, pains: Sequence[Happened]) -> str:
    """Why these arrivals of one job are a fault, "" when they are none."""
    if len({came.body for came in every}) > 1:
        return "the bodies differ"
    if len(every) - 1 > open_tries:
        return f"{open_tries} of its attempts are without an answer"
    for came in every[:-1]:
        nearest = min((_apart(came, pain) for pain in pains if pain.cuts), default=math.inf)
        if nearest > 0:
            return f"a call was not under way at any kill, the nearest was {nearest:.2f} s apart"
    return ""


def _apart(came: Came, pain: Happened) -> float:
    """Seconds between a call and a pain, 0 when the call was under way at it or not settled yet."""
    return max(0.0, came.began - RECEIVE_SECONDS - pain.until, pain.at - (came.ended + SETTLE_SECONDS))
