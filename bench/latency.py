"""An idle system: from the beginning of the intake request to the partner's receipt.

Real HTTP to a real web process, routing in its transaction, our engine, the partner. Beside it: the
way from publishing a Celery task that does nothing to its beginning.
"""

import random
import time
from uuid import UUID

from django.db import transaction

from bench.anchors.celery_hop import Hop, hop
from bench.parts import rows
from bench.parts.engine import engine
from bench.parts.partners import Partners, partners
from bench.parts.report import Report, percentile
from bench.parts.web import Website, website
from delivery.models import Job
from distribution.models import Assignment, Profile
from distribution.services import make_key, save_profile
from leadflip.run.state import State
from partners.services import touch

ROUNDS = 3
SMALL = {"rounds": 1, "count": 20}
COUNT = 200
WARM_UP = 20
PAUSE = (0.010, 0.030)
AIMS = {"ours.p50_ms": "≤ 25", "ours.p99_ms": "≤ 100"}


def measure(report: Report, state: State, *, rounds: int = ROUNDS, count: int = COUNT) -> None:
    """Leads and tasks in turn, one at a time, with pauses."""
    report.aims.update(AIMS)
    with partners() as there, website(_prepare(there)) as site, engine(), hop(state) as beside:
        _ours(site, there, WARM_UP)
        for _ in range(rounds):
            ours, theirs = _ours(site, there, count), _beside(beside, count)
            for percent in (50, 99):
                report.add(f"ours.p{percent}_ms", percentile(ours, percent))
                report.add(f"beside.celery_hop_p{percent}_ms", percentile(theirs, percent))
            report.add("ratio.celery_hop_p50", percentile(ours, 50) / percentile(theirs, 50))


def _prepare(there: Partners) -> str:
    """An entity, one partner, one profile in force; the key to post with."""
    rows.wipe()
    entity = rows.entity()
    (lane,) = rows.lanes([there.url("/ok/latency")])
    with transaction.atomic():
        touch()
        profile = Profile.objects.create(entity=entity, name="To all", strategy="send_to_all", base_price=1)
        Assignment.objects.create(profile=profile, partner=lane.partner)
        save_profile(profile=profile, by=None)
        _, plain = make_key(name="Website")
    return plain


def _ours(site: Website, there: Partners, count: int) -> list[float]:
    """Milliseconds of each lead."""
    there.reset()
    began: dict[UUID, float] = {}
    for _ in range(count):
        at, lead = site.post({"entity": "lead", **rows.VALUES, **rows.HIDDEN})
        began[lead] = at
        _pause()
    there.wait(count)
    arrived = {came.id: came.at for came in there.came()}
    jobs = Job.objects.filter(lead__in=began).values_list("id", "lead_id")
    return [(arrived[str(job)] - began[lead]) * 1000 for job, lead in jobs]


def _beside(hop: Hop, count: int) -> list[float]:
    published: dict[str, float] = {}
    for number in range(count):
        published[str(number)] = hop.publish(str(number))
        _pause()
    return [(at - published[name]) * 1000 for name, at in hop.began(count).items()]


def _pause() -> None:
    time.sleep(random.uniform(*PAUSE))
