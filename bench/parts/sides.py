"""Pages of two databases, a small one and a large one, asked in turn through Django's own test client.

So nothing but the page is measured: no network and no server.
"""

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.many.load import load
from bench.parts.addresses import Address
from bench.parts.report import Report, percentile
from delivery.models import Job
from distribution.by_revision import forget_all
from leadflip.kit import clock
from leadflip.run.state import DATABASE
from partners.models import User

AIM_MS, AIM_RATIO, AIM_QUERIES = 150, 1.3, 10
STALE = timedelta(hours=20)
# Somebody signed in, and the addresses of each page.
Asked = tuple[Client, dict[str, list[Address]]]


class Seen(NamedTuple):
    """What a round says of one page: milliseconds of each request, and the most queries of one."""

    ms: list[float]
    queries: int


def compare(
    report: Report, places: Mapping[str, str], prepare: Callable[[int], Asked], rounds: int, repeats: int
) -> None:
    """Each page of both databases in turn, `rounds` times, `repeats` requests each.

    `places`: the databases' names as "beside" and "ours".
    """
    seen: dict[str, dict[str, list[Seen]]] = {side: defaultdict(list) for side in places}
    asked: dict[str, Asked] = {}
    for side, name in places.items():
        with within(name):
            asked[side] = prepare(repeats)
    # As leadflip.wsgi does: looking through all that was imported takes 0.15 s now and then.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for page in asked["ours"][1]:
            for side, name in places.items():
                client, pages = asked[side]
                with within(name):
                    seen[side][page].append(_asked(client, pages[page]))
    for page in seen["ours"]:
        _tell(report, page, seen)
    report.lines = [HEADING, *(_line(report, page) for page in seen["ours"])]
    report.facts["most queries of a page"] = max(
        each.queries for pages in seen.values() for found in pages.values() for each in found
    )


def _tell(report: Report, page: str, seen: dict[str, dict[str, list[Seen]]]) -> None:
    for here, there in zip(seen["ours"][page], seen["beside"].get(page, []), strict=False):
        for side, found in (("ours", here), ("beside", there)):
            for percent in (50, 95):
                report.add(f"{side}.{page} p{percent}", percentile(found.ms, percent))
        report.add(f"ours.{page} queries", here.queries)
        report.add(f"ratio.{page}", percentile(here.ms, 95) / percentile(there.ms, 95))
    report.aim(f"ours.{page} p95", f"≤ {AIM_MS}")
    report.aim(f"ours.{page} queries", f"≤ {AIM_QUERIES}")
    report.aim(f"ratio.{page}", f"≤ {AIM_RATIO}")


def _line(report: Report, page: str) -> str:
    """The page's medians; with a mark where an aim is missed."""
    p50, p95, queries = (report.median(f"ours.{page} {what}") for what in ("p50", "p95", "queries"))
    ratio, less = report.median(f"ratio.{page}"), report.median(f"beside.{page} p95")
    missed = p95 > AIM_MS or ratio > AIM_RATIO or queries > AIM_QUERIES
    return f"  {page:<28}{less:>9.1f}{p50:>9.1f}{p95:>9.1f}{ratio:>8.2f}{queries:>9.0f}{'  !' * missed}"


HEADING = f"  {'':<28}{'p95 less':>9}{'p50':>9}{'p95':>9}{'ratio':>8}{'queries':>9}"


def _asked(client: Client, pages: list[Address]) -> Seen:
    """Each address once; twice before without measuring, since the connection is new."""
    for address in pages[:2]:
        _ask(client, address)
    ms, queries = [], 0
    for address in pages:
        with CaptureQueriesContext(connection) as caught:
            ms.append(_ask(client, address))
        queries = max(queries, len(caught))
    return Seen(ms, queries)


def _ask(client: Client, address: Address) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    spent = (time.perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{address} was answered with {answer.status_code}")
    return spent


PERSON = "measure@example.invalid"


def filled(count: int) -> str:
    """The name of a database with so many jobs, made where there is none of today."""
    name = f"pages_{count}"
    if not _fresh(name, count):
        _execute(DATABASE, f"DROP DATABASE IF EXISTS {name}")
        _execute(DATABASE, f"CREATE DATABASE {name}")
        with within(name):
            call_command("migrate", interactive=False, verbosity=0)
            User.objects.create_superuser(email=PERSON)
            print(f"  filling {name} …", flush=True)
            load(count, say=lambda text: None)
    else:
        with within(name):
            call_command("migrate", interactive=False, verbosity=0)
    return name


def _fresh(name: str, count: int) -> bool:
    if not _execute(DATABASE, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        return False
    with within(name):
        if "delivery_job" not in connection.introspection.table_names():
            return False
        newest = Job.objects.order_by("-id").values_list("created_at", flat=True).first()
        return newest is not None and newest > clock.now() - STALE and Job.objects.count() >= count


@contextmanager
def within(name: str) -> Iterator[None]:
    """This process works on another database of the same server."""
    before = connection.settings_dict["NAME"]
    _switch(name)
    try:
        yield
    finally:
        _switch(before)


def _switch(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    forget_all()


def _execute(database: str, statement: str) -> list[tuple[object, ...]]:
    with within(database), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
