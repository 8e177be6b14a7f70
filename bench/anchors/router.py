"""One process that routes what waits, in batches, then the same rows without deciding, then leads alone.

python -m bench.anchors.router COUNT   →   {"seconds": …, "cpu": …, "bare": …, "inline_ms": …}
"""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import django
from django.db import connection, transaction

ALONE = 100


def main(count: int) -> dict[str, float]:
    """The seconds of each part; the leads wait already."""
    django.setup()
    from distribution.models import Entity
    from distribution.routing import compiled, waiting
    from partners.models.revision import Revision

    # Compiled once and kept while the profile stands: a worker that has run a while has it.
    compiled.current(Entity.objects.get().pk, Revision.current())
    began, cpu = time.perf_counter(), time.process_time()
    routed = 0
    while turn := waiting.drain():
        routed += turn
    spent = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    assert routed == count, f"{routed} of {count} leads were routed"
    return {**spent, "bare": _bare(), "inline_ms": _inline()}


def _bare() -> float:
    """Seconds of writing the very rows again, in the same batches, from tables beside them."""
    from delivery.models import Job
    from distribution.models import Decision, Lead
    from distribution.routing.waiting import BATCH

    leads = list(Decision.objects.values_list("lead_id", flat=True))
    tables = [model._meta.db_table for model in (Decision, Job)]
    _run([f"CREATE TEMP TABLE again_{table} AS TABLE {table}" for table in tables])
    _run([f"DELETE FROM {table}" for table in tables])
    _run([f"CREATE INDEX ON again_{table} (lead_id)" for table in tables])
    began = time.perf_counter()
    for first in range(0, len(leads), BATCH):
        batch = leads[first : first + BATCH]
        with transaction.atomic():
            for table in tables:
                _run([f"INSERT INTO {table} SELECT * FROM again_{table} WHERE lead_id = ANY(%s)"], batch)
            _run(["SET CONSTRAINTS ALL IMMEDIATE"])
            Lead.objects.filter(pk__in=batch).update(routing="routed")
    return time.perf_counter() - began


def _run(statements: Sequence[str], *parameters: Any) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, parameters or None)


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
