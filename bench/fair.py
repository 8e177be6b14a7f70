"""One partner with 100,000 due jobs and fifty with ten each: when are the fifty done?

The fifty's jobs become due while the engine works on the big backlog; beside it the same without one.
"""

import time
from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from psycopg import sql

from bench.parts import rows
from bench.parts.engine import engine
from bench.parts.partners import Partners, partners
from bench.parts.processes import wait_for
from bench.parts.report import Report
from delivery.models import Job
from leadflip.run.state import State
from partners.models import DeliverySettings

ROUNDS = 3
SMALL = {"rounds": 1}
BIG = 100_000
FIFTY = 50
EACH = 10
AT_WORK = 0.5


def measure(report: Report, state: State, *, rounds: int = ROUNDS, big: int = BIG) -> None:
    """Rounds alone and rounds beside the backlog, in turn, each with a fresh engine."""
    report.aim("ratio.fifty_done", "≤ 1.2")
    with partners() as there:
        rows.wipe()
        lead = rows.leads(rows.entity(), FIFTY * EACH)
        lanes = rows.lanes(there.url(f"/{'big' if n == 0 else 'ok'}/{n}") for n in range(FIFTY + 1))
        for _ in range(rounds):
            alone = _round(there, lead, lanes, 0)
            beside = _round(there, lead, lanes, big)
            report.add("ours.fifty_done_ms", beside * 1000)
            report.add("beside.fifty_alone_ms", alone * 1000)
            report.add("ratio.fifty_done", beside / alone)


def _round(there: Partners, leads: Sequence[UUID], lanes: Sequence[DeliverySettings], big: int) -> float:
    """Seconds from the fifty's commit to their last receipt."""
    rows.forget_jobs()
    there.reset()
    if big:
        _backlog(leads[0], lanes[0], big)
    with engine():
        _warm_up(there, leads, lanes[1:])
        if big:
            time.sleep(AT_WORK)
        rows.jobs(rows.dealt(leads, lanes[1:]))
        began = time.time()
        wanted = FIFTY * EACH + FIFTY
        wait_for(lambda: there.quick() >= wanted, "the fifty's deliveries")
        last = max(came.at for came in there.came() if came.path.startswith("/ok/"))
        if big and not rows.unsettled():
            raise RuntimeError("the big backlog ended too early: nothing was measured")
    return last - began


def _warm_up(there: Partners, leads: Sequence[UUID], lanes: Sequence[DeliverySettings]) -> None:
    """One delivery a lane: connections and settings are known then, as in a worker that has run a while."""
    rows.jobs(rows.dealt(leads[:FIFTY], lanes))
    wait_for(lambda: there.quick() >= FIFTY, "the warm-up")


def _backlog(lead: UUID, lane: DeliverySettings, count: int) -> None:
    """One job `count` times, copied by the database."""
    first = rows.new_job(lead, lane)
    first.save(force_insert=True)
    columns = [field.column for field in Job._meta.concrete_fields if not field.primary_key]
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    copy = sql.SQL(
        "INSERT INTO delivery_job (id, {named}) SELECT gen_random_uuid(), {named} "
        "FROM delivery_job, generate_series(2, %s) WHERE id = %s"
    ).format(named=named)
    with connection.cursor() as cursor:
        cursor.execute(copy, [count, first.pk])
        cursor.execute("ANALYZE delivery_job")
