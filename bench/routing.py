"""From lead rows to job rows and records, decided by one process on one core.

A profile of First match with 200 assignments of five conditions each, of which one in twenty matches a
lead. Beside it the same rows written without deciding anything; and how the time grows with the number
of assignments.
"""

import json
import subprocess
import sys
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from bench.parts import rows
from bench.parts.processes import running
from bench.parts.report import Report
from distribution.models import Assignment, Decision, Field, Lead, Profile
from distribution.models.lead import Routing
from distribution.services import save_profile
from leadflip.run.state import State
from partners.models import DeliverySettings
from partners.services import touch

ROUNDS = 2
SMALL = {"rounds": 1, "count": 200, "sizes": (20,)}
COUNT = 600
SIZES = (20, 200, 2000)
REGIONS = 20
AIMS = {
    "ours.leads_per_s": "≥ 3000",
    "ours.record_bytes": "≤ 2048",
    "ratio.growth_20_to_200": "< 10",
    "ratio.growth_200_to_2000": "< 10",
}


def measure(
    report: Report, state: State, *, rounds: int = ROUNDS, count: int = COUNT, sizes: tuple[int, ...] = SIZES
) -> None:
    """Each round routes the same leads once for each number of assignments."""
    report.aims.update(AIMS)
    rows.wipe()
    entity = rows.entity()
    Field.objects.filter(entity=entity, key="roof").update(options=[f"R{n}" for n in range(REGIONS)])
    lanes = rows.lanes(f"http://127.0.0.1:9/{number}" for number in range(max(sizes)))
    leads = rows.leads(entity, count)
    _spread(leads)
    for _ in range(rounds):
        each = {size: _round(size, lanes, count) for size in sizes}
        for size, spent in each.items():
            report.add(f"ours.us_a_lead_{size}", spent["seconds"] / count * 1e6)
        if 200 in each:
            report.add("ours.leads_per_s", count / each[200]["seconds"])
            report.add("ours.cpu_us", each[200]["cpu"] / count * 1e6)
            report.add("ours.inline_ms", each[200]["inline_ms"])
            report.add("ours.record_bytes", _record_bytes())
            report.add("beside.rows_per_s", count / each[200]["bare"])
            report.add("ratio.rows", each[200]["bare"] / each[200]["seconds"])
        for fewer, more in pairwise(sizes):
            report.add(f"ratio.growth_{fewer}_to_{more}", each[more]["seconds"] / each[fewer]["seconds"])


def _spread(leads: list[Any]) -> None:
    """A region for each lead in turn, and a number that the other conditions compare."""
    found = list(Lead.objects.filter(pk__in=leads))
    for number, lead in enumerate(found):
        lead.values = {**lead.values, "roof": f"R{number % REGIONS}", "budget": 20_000}
    Lead.objects.bulk_update(found, ["values"], batch_size=500)


def _round(size: int, lanes: list[DeliverySettings], count: int) -> dict[str, float]:
    """What one process says of routing them all: seconds on the wall and of the CPU, and one lead alone."""
    _profile(size, lanes)
    command = [sys.executable, "-m", "bench.anchors.router", str(count)]
    with running(f"router-{size}", command, worker=True, output=subprocess.PIPE) as process:
        said, _ = process.communicate(timeout=120)
    spent: dict[str, float] = json.loads(said)
    return spent


def _profile(size: int, lanes: list[DeliverySettings]) -> None:
    rows.forget_jobs()
    with transaction.atomic():
        touch()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE distribution_decision, distribution_profile CASCADE")
        entity = Field.objects.get(key="roof").entity
        profile = Profile.objects.create(entity=entity, name="Regions", strategy="first_match", base_price=1)
        Assignment.objects.bulk_create(
            Assignment(profile=profile, partner=lane.partner, priority=-place, rules=_rules(place))
            for place, lane in enumerate(lanes[:size])
        )
        save_profile(profile=profile, by=None)
        Lead.objects.update(routing=Routing.WAITING, routing_due=Now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _rules(place: int) -> list[list[dict[str, Any]]]:
    return [
        [
            {"field": "roof", "op": "equals", "value": f"R{place % REGIONS}"},
            {"field": "budget", "op": "greater_than", "value": 1000 + place},
            {"field": "wish", "op": "contains", "value": "bell"},
            {"field": "address.postcode", "op": "starts_with", "value": "1"},
            {"field": "email", "op": "is_not_empty"},
        ]
    ]


def _record_bytes() -> float:
    """The bytes of one decision's row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT avg(pg_column_size(d.*)) FROM {Decision._meta.db_table} d")
        (size,) = cursor.fetchone()
    return float(size)
