"""From the moment a retry is due to the partner's receipt, on an idle system.

Beside it: a Celery task with a countdown, from its due time to its beginning.
"""

import random
from datetime import datetime, timedelta

from bench.anchors.celery_hop import Hop, hop
from bench.parts import rows
from bench.parts.engine import engine
from bench.parts.partners import Partners, partners
from bench.parts.report import Report, percentile
from delivery.models import Job
from delivery.waking import wake
from leadflip.kit import clock
from leadflip.run.state import State
from partners.models import DeliverySettings

ROUNDS = 2
SMALL = {"rounds": 1, "count": 50}
COUNT = 200
LANES = 50
FIRST, LAST = 2.0, 10.0


def measure(report: Report, state: State, *, rounds: int = ROUNDS, count: int = COUNT) -> None:
    """Retries and countdowns in turn, spread over eight seconds."""
    report.aim("ours.p99_ms", "≤ 1000")
    with partners() as there, engine(), hop(state) as beside:
        rows.wipe()
        lanes = rows.lanes(there.url(f"/ok/{number}") for number in range(LANES))
        leads = rows.leads(rows.entity(), LANES)
        for _ in range(rounds):
            ours = _ours(there, rows.dealt(leads * (count // LANES), lanes))
            theirs = _beside(beside, count)
            for percent in (50, 99):
                report.add(f"ours.p{percent}_ms", percentile(ours, percent))
                report.add(f"beside.celery_countdown_p{percent}_ms", percentile(theirs, percent))
            report.add("ratio.celery_countdown_p99", percentile(ours, 99) / percentile(theirs, 99))


def _ours(there: Partners, pairs: list[tuple[object, DeliverySettings]]) -> list[float]:
    """Milliseconds by which each receipt follows its due time."""
    there.reset()
    made = Job.objects.bulk_create([_retry(lead, lane) for lead, lane in pairs])
    wake()
    due = {str(job.pk): job.next_attempt_at.timestamp() for job in made}
    there.wait(len(due))
    return [(came.at - due[came.id]) * 1000 for came in there.came()]


def _retry(lead: object, lane: DeliverySettings) -> Job:
    """A job whose first attempt failed a while ago."""
    job = rows.new_job(lead, lane)
    job.status, job.attempts, job.next_attempt_at = "retrying", 1, _later()
    return job


def _later() -> datetime:
    return clock.now() + timedelta(seconds=random.uniform(FIRST, LAST))


def _beside(hop: Hop, count: int) -> list[float]:
    due = {str(n): hop.publish(str(n), countdown=random.uniform(FIRST, LAST)) for n in range(count)}
    return [(at - due[name]) * 1000 for name, at in hop.began(count).items()]
