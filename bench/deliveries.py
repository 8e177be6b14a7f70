"""Deliveries a second and CPU a delivery of one worker core, all in.

All in: claimed from rows, the sealed field opened, mapped, rendered, signed, posted, the attempt, its
sealed body and the status written. Beside it: bare loops, one Celery task a job, django-webhook.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from uuid import UUID

from bench.anchors import task_a_delivery, webhook
from bench.parts import rows
from bench.parts.engine import engine
from bench.parts.partners import Partners, partners
from bench.parts.processes import cpu_seconds, running, wait_for
from bench.parts.report import Report
from leadflip.run.state import State
from partners.models import DeliverySettings

ROUNDS = 3
SMALL = {"rounds": 1, "count": 500, "task_rounds": 0}
TASK_ROUNDS = 2  # of the slow ones: their ratios are far from any limit
COUNT = 5000
WARM_UP = 300
LANES = 50
AIMS = {
    "ratio.raw_loop": "≥ 0.9",
    "ratio.raw_transport": "≥ 0.5",
    "ratio.task_a_delivery": "≥ 10",
    "ratio.django_webhook": "≥ 10",
}


class Deliveries:
    """One run: the same leads and lanes for every round."""

    def __init__(self, report: Report, there: Partners, count: int) -> None:
        self.report, self.there, self.count = report, there, count
        rows.wipe()
        self.lanes = rows.lanes(there.url(f"/ok/{number}") for number in range(LANES))
        self.leads = rows.leads(rows.entity(), count)
        self.size = 0

    def ours(self) -> float:
        """Our rate; fresh rows, a fresh engine, warmed up before the count."""
        rows.forget_jobs()
        with engine() as process:
            self._deliver(self.leads[:WARM_UP])
            rows_before = cpu_seconds(process.pid)
            seconds = self._deliver(self.leads)
            cpu = cpu_seconds(process.pid) - rows_before
        rate = self.count / seconds
        self.report.add("ours.per_second", rate)
        self.report.add("ours.cpu_us", cpu / self.count * 1e6)
        return rate

    def raw(self, kind: str) -> float:
        """The rate of a bare loop on the worker's core."""
        address = self.there.url("/ok/raw")
        command = [
            sys.executable,
            "-m",
            "bench.anchors.raw",
            kind,
            address,
            str(self.count),
            str(body_size()),
        ]
        with running(f"raw-{kind}", command, worker=True, output=subprocess.PIPE) as process:
            said, _ = process.communicate(timeout=60)
        spent = json.loads(said)
        self.report.add(f"beside.raw_{kind}_per_second", self.count / spent["seconds"])
        self.report.add(f"beside.raw_{kind}_cpu_us", spent["cpu"] / self.count * 1e6)
        return self.count / spent["seconds"]

    def _deliver(self, leads: Sequence[UUID]) -> float:
        """Seconds from the commit of the rows to the settling of the last."""
        self.there.reset()
        began = due(leads, self.lanes)
        self.there.wait(len(leads))
        wait_for(lambda: rows.unsettled() == 0, "settling")
        return time.monotonic() - began


def due(leads: Sequence[UUID], lanes: Sequence[DeliverySettings]) -> float:
    """Makes the jobs due; the moment of the commit."""
    rows.jobs(rows.dealt(leads, lanes))
    return time.monotonic()


def body_size() -> int:
    """The bytes of one delivery's body, as the last one that was sent had it."""
    from delivery.models import AttemptBody
    from leadflip.kit import crypto

    body = AttemptBody.objects.select_related("attempt").first()
    assert body is not None, "ours comes before what stands beside it"
    opened = crypto.unseal(f"attempt:{body.attempt.job_id}:{body.attempt.number}", body.sealed)
    return len(opened["request"]["body"].encode())


def measure(
    report: Report,
    state: State,
    *,
    rounds: int = ROUNDS,
    count: int = COUNT,
    task_rounds: int = TASK_ROUNDS,
) -> None:
    """All rounds; each ends with what stands beside ours, so that a loud minute hits all of them."""
    report.aims.update(AIMS)
    with partners() as there:
        run = Deliveries(report, there, count)
        for number in range(rounds):
            ours = run.ours()
            report.facts["body bytes"] = body_size()
            for kind in ("loop", "transport"):
                report.add(f"ratio.raw_{kind}", ours / run.raw(kind))
            if number < task_rounds:
                _tasks(report, there, run, state, ours)
    for kind in ("loop", "transport"):
        theirs = report.median(f"beside.raw_{kind}_cpu_us")
        report.add(f"ratio.raw_{kind}_by_cpu", theirs / report.median("ours.cpu_us"))


def _tasks(report: Report, there: Partners, run: Deliveries, state: State, ours: float) -> None:
    rate = task_a_delivery.rate(report, there, run.leads, run.lanes)
    if rate:
        report.add("beside.task_a_delivery_per_second", rate)
        report.add("ratio.task_a_delivery", ours / rate)
    rate = webhook.rate(report, there, state, body_size=report.facts["body bytes"])
    if rate:
        report.add("beside.django_webhook_per_second", rate)
        report.add("ratio.django_webhook", ours / rate)
