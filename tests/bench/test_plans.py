"""No page reads through a table that grows: seen in the plans of its queries at 100,000 jobs.

The rows are those of `make load-jobs`, in a database of this test's own; for the portal all of them stand in
one partner's feed. The log's filters are read from its form, so a new filter without a good plan fails here.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import portal
from bench.many.load import load
from bench.parts.addresses import addresses
from distribution.by_revision import forget_all
from partners.models import User
from portal.search import WIDE
from tests.leadflip.doors import quiet

JOBS = 100_000
GROWING = (
    "delivery_job",
    "delivery_attempt",
    "delivery_attemptbody",
    "distribution_lead",
    "distribution_leadkey",
    "distribution_decision",
    "portal_entry",
)
# Rows that a query may look at to fill a page or to count no further than a thousand; and where it
# reads in no order, when it must have stopped soon.
MOST_ROWS, MOST_IN_NO_ORDER = 4_000, 2_000
QUERIES = 10


@pytest.fixture
def many(transactional_db: None) -> Iterator[None]:
    """The connection leads to a database with so many jobs, which is gone afterwards."""
    empty = connection.settings_dict["NAME"]
    with _another(empty, f"{empty}_many"):
        load(JOBS)
        yield


@contextmanager
def _another(template: str, name: str) -> Iterator[None]:
    _switch("postgres")
    _execute(f'DROP DATABASE IF EXISTS "{name}"')
    _execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    _switch(name)
    try:
        yield
    finally:
        _switch("postgres")
        _execute(f'DROP DATABASE "{name}"')
        _switch(template)


def _switch(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    forget_all()


def _execute(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_pages_at_a_hundred_thousand_jobs_read_no_table_through(many: None) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.create_superuser(email="plans@example.com"))
    with quiet():
        faults = list(_faults(client, addresses(1), MOST_ROWS))
        portal.fill()
        owner, pages = portal.prepare(1)
        # The first look at a lead is noted.
        owner.get(pages["lead"][0])
        faults += _faults(owner, pages, WIDE + MOST_ROWS)
    assert not faults, "\n".join(faults)


def _faults(client: Client, pages: Mapping[str, Sequence[str]], most: int) -> Iterator[str]:
    for page, (address, *_rest) in pages.items():
        yield from (f"{page}: {fault}" for fault in _faults_at(client, address, most))


def _faults_at(client: Client, address: str, most: int) -> Iterator[str]:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200, address
    if len(caught) > QUERIES:
        yield f"{len(caught)} queries"
    for query in caught:
        if any(f'"{table}"' in query["sql"] for table in GROWING) and query["sql"].startswith("SELECT"):
            yield from _faults_of(query["sql"], most)


def _faults_of(sql: str, ordered: int) -> Iterator[str]:
    ((plan,),) = _execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
    (root,) = json.loads(plan) if isinstance(plan, str) else plan
    for node in _nodes(root["Plan"]):
        table = node.get("Relation Name", "")
        looked = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        most = MOST_IN_NO_ORDER if node["Node Type"] == "Seq Scan" else ordered
        if table in GROWING and looked > most:
            where = re.sub(r".* WHERE ", "", sql)[:200]
            yield f"{node['Node Type']} looks at {looked:,.0f} rows of {table}: {where}"


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
