"""SIGKILL in the middle of routing and between a failure and its failover: another does it, once."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

from delivery.engine import news
from delivery.models import Job
from distribution.models import Assignment, CapUse, Decision, Lead
from distribution.routing import waiting
from tests import factories as f
from tests.distribution.capped import in_force, placed, routed, use
from tests.processes import environment
from tests.proof.routers import Routers, routers

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

SECONDS = 20


def killed_at(row: Assignment, living: Routers) -> None:
    """Starts a router and kills it when it waits for the row's places, having locked all before them."""
    with transaction.atomic():
        CapUse.objects.select_for_update(no_key=True).get(assignment=row)
        living.start(1)
        until = time.monotonic() + SECONDS
        while not _waits():
            assert time.monotonic() < until
            time.sleep(0.01)
        living.kill(living.living[0])


def _waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Routers]:
    """A single router, started when a test says so."""
    with routers(0, log=tmp_path / "log", sizes=[10], environment=environment({})) as living:
        yield living


def test_lead_of_a_killed_router_is_routed_once_by_another(one: Routers) -> None:
    (row, rest) = in_force({"cap_day": 3}, {})
    routed(row.profile.entity)
    leads = f.LeadFactory.create_batch(4, entity=row.profile.entity, waiting=True)
    killed_at(row, one)
    assert Lead.objects.filter(routing="waiting").count() == len(leads)
    assert (placed(row), use(row)[0]) == (1, 1)
    # What the server still does for the dead router is over when it gives its locks up.
    until = time.monotonic() + SECONDS
    while Lead.objects.filter(routing="waiting").exists() and time.monotonic() < until:
        waiting.drain()
    assert [placed(row), placed(rest), use(row)[0]] == [3, 2, 3]
    assert Decision.objects.count() == Job.objects.count() == 5


def test_failover_that_was_killed_between_the_failure_and_the_offer_happens_once(one: Routers) -> None:
    rows = in_force({"cap_day": 1}, {"cap_day": 1}, {}, failover=True)
    (lead,) = routed(rows[0].profile.entity)
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(
        status="failed", next_attempt_at=None, settled_at=job.created_at, told=False
    )
    killed_at(rows[1], one)
    assert not Job.objects.get().told
    assert use(rows[0])[0] == 1
    until = time.monotonic() + SECONDS
    while Job.objects.filter(told=False, status="failed").exists() and time.monotonic() < until:
        news.tell()
    news.tell()
    assert [placed(row) for row in rows] == [1, 1, 0]
    assert [use(row)[0] for row in rows[:2]] == [0, 1]
    assert list(Decision.objects.filter(lead=lead).values_list("cause", flat=True)) == ["new", "failover"]


def test_failover_of_a_killed_engine_waits_for_a_job_in_doubt(one: Routers) -> None:
    """One job of the lead failed, the other's end is not known when the failover is done again."""
    rows = in_force({"cap_day": 1}, {"cap_day": 1}, {}, failover=True, strategy="send_to_all", sold_limit=2)
    routed(rows[0].profile.entity)
    failed, doubtful = (Job.objects.get(assignment=row) for row in rows[:2])
    Job.objects.filter(pk=failed.pk).update(
        status="failed", next_attempt_at=None, settled_at=failed.created_at, told=False
    )
    killed_at(rows[0], one)
    Job.objects.filter(pk=doubtful.pk).update(had_unknown=True)
    until = time.monotonic() + SECONDS
    while Job.objects.filter(told=False, status="failed").exists() and time.monotonic() < until:
        news.tell()
    assert [placed(row) for row in rows] == [1, 1, 0]
    assert [use(row)[0] for row in rows[:2]] == [0, 1]
