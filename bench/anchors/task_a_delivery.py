"""One Celery task a job: `delivery.tasks.run_job` through a real Celery worker, no engine beside it."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bench.parts import rows
from bench.parts.partners import Came, Partners
from bench.parts.processes import cpu_seconds, running, wait_for
from bench.parts.report import Report
from partners.models import DeliverySettings

COUNT = 80
WARM_UP = 10
COMMAND = [sys.executable, "-m", "celery", "-A", "leadflip", "worker", "--concurrency", "8"]
# Threads: the quickest of Celery's pools for this, twice as fast as prefork.
COMMAND += ["--pool", "threads", "--without-gossip", "--without-mingle", "--hostname", "bench@127.0.0.1"]


def rate(
    report: Report, there: Partners, leads: Sequence[UUID], lanes: Sequence[DeliverySettings]
) -> float | None:
    """Deliveries a second from the first receipt to the last; None where the task does not exist."""
    task = _task()
    if task is None:
        report.lacks("task_a_delivery: delivery.tasks has no run_job")
        return None
    rows.forget_jobs()
    with running("celery", COMMAND, worker=True, environment={"ENGINE_PROCESSES": "0"}) as process:
        _deliver(task, there, rows.dealt(leads[:WARM_UP], lanes))
        before = cpu_seconds(process.pid)
        came = _deliver(task, there, rows.dealt(leads[:COUNT], lanes))
        report.add("beside.task_a_delivery_cpu_us", (cpu_seconds(process.pid) - before) / COUNT * 1e6)
    return steady_rate(came)


def steady_rate(came: Sequence[Came]) -> float:
    """A second's receipts, the start left out."""
    return (len(came) - 1) / (came[-1].at - came[0].at)


def _task() -> Any:
    try:
        return getattr(importlib.import_module("delivery.tasks"), "run_job", None)
    except ModuleNotFoundError:
        return None


def _deliver(task: Any, there: Partners, pairs: Sequence[tuple[UUID, DeliverySettings]]) -> list[Came]:
    there.reset()
    for job in rows.quiet_jobs(pairs):
        task.delay(str(job))
    there.wait(len(pairs))
    wait_for(lambda: rows.unsettled() == 0, "settling by tasks")
    return there.came()
