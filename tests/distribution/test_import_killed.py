"""SIGKILL in the middle of an import: another worker goes on, no row is lost and none taken twice."""

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from distribution.catalogue import entity_spec
from distribution.intake.imports import chunks, run
from distribution.models import Entity, Import, Lead
from distribution.models.entity import OnDuplicate
from distribution.models.imports import ImportState
from leadflip.run.state import PROJECT
from partners.models import Revision
from tests.processes import environment, wait_for

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

# What beat has the workers do, without the broker.
WORKER = """
import time, django
django.setup()
from distribution import tasks
while True:
    tasks.carry_on_imports() or time.sleep(0.05)
"""
# Whether a worker is in a transaction that has written something.
WRITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
"""


@contextmanager
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    """Ends by SIGKILL, whatever it does."""
    variables = environment({"DJANGO_SETTINGS_MODULE": "leadflip.settings"})
    process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=PROJECT, env=variables)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def imported(entity: Entity, rows: int) -> Import:
    """An import that runs. Without match keys: a row that is taken twice becomes two leads."""
    text = "name,email\n" + "".join(f"Lead {n},lead{n}@example.com\n" for n in range(rows))
    made = Import(entity=entity, name="leads.csv")
    spec = entity_spec(Revision.current(), entity.pk)
    chunks.take(run=made, entity=spec, file=io.BytesIO(text.encode()))
    run.start(run=made, on_duplicate=OnDuplicate.SKIP, route=True)
    return made


def kill_while_it_writes(made: Import, after: int) -> None:
    """Starts a worker, and kills it in the middle of a chunk once `after` rows are there."""
    with worker() as process:
        wait_for(lambda: run.progress(made).done >= after, process)
        until = time.monotonic() + 20
        while not _writes() and time.monotonic() < until:
            time.sleep(0.002)


def is_over(made: Import) -> bool:
    made.refresh_from_db()
    return made.state == ImportState.DONE


def _writes() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WRITING)
        return bool(cursor.fetchone()[0])


def test_killed_worker_loses_no_row_and_two_take_none_twice(entity: Entity) -> None:
    made = imported(entity, 2500)
    kill_while_it_writes(made, 1)
    kill_while_it_writes(made, 900)
    assert not is_over(made)
    with worker() as first, worker():
        wait_for(lambda: is_over(made), first)
    told = run.progress(made)
    assert (told.done, told.created, told.refused) == (2500, 2500, 0)
    names = Lead.objects.values_list("values__name", flat=True)
    assert sorted(names) == sorted(f"Lead {n}" for n in range(2500))
