"""One process that routes what waits, in batches, then the same rows without deciding, then leads alone.

python -m bench.anchors.router COUNT   →   {"seconds": …, "cpu": …, "bare": …, "inline_ms": …}
"""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import django
from django.db import transaction

ALONE = 100


def main(count: int) -> dict[str, float]:
    """The seconds of each part; the leads wait already."""
    django.setup()
    from distribution.routing import waiting

    began, cpu = time.perf_counter(), time.process_time()
    routed = 0
    while turn := waiting.drain():
        routed += turn
    spent = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    assert routed == count, f"{routed} of {count} leads were routed"
    return {**spent, "bare": _bare(), "inline_ms": _inline()}


def _bare() -> float:
    """Seconds of writing the very rows again, in the same batches."""
    from delivery.models import Job
    from distribution.models import Decision, Lead
    from distribution.routing.waiting import BATCH

    decisions = list(Decision.objects.select_related(None))
    jobs = list(Job.objects.all())
    Job.objects.all().delete()
    Decision.objects.all().delete()
    began = time.perf_counter()
    for first in range(0, len(decisions), BATCH):
        with transaction.atomic():
            batch = decisions[first : first + BATCH]
            Decision.objects.bulk_create(batch)
            Job.objects.bulk_create(jobs[first : first + BATCH])
            Lead.objects.filter(pk__in=[each.lead_id for each in batch]).update(routing="routed")
    return time.perf_counter() - began


def _inline() -> float:
    """Milliseconds that routing adds to a lead of its own, at the middle of a hundred."""
    from delivery.models import Job
    from distribution.models import Decision, Lead
    from distribution.routing.route import route
    from partners.models.revision import hold_shared

    leads: Sequence[Any] = list(Lead.objects.all()[:ALONE])
    Job.objects.filter(lead__in=leads).delete()
    Decision.objects.filter(lead__in=leads).delete()
    spent = []
    for lead in leads:
        with transaction.atomic():
            hold_shared()
            began = time.perf_counter()
            route([lead], fresh=True)
            spent.append((time.perf_counter() - began) * 1000)
    return sorted(spent)[len(spent) // 2]


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
