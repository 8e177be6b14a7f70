"""What a lead source may expect of one web process on one core.

A single lead is read, checked, looked for among earlier ones, stored with a sealed field, routed to a
partner, and the engines are told. Beside it, in turn, a bare Django view that inserts the same values as
one row. Then batches of a thousand.
"""

import json
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count as counting

from django.db import connection, transaction

from bench.parts import rows
from bench.parts.processes import cpu_seconds
from bench.parts.report import Report
from bench.parts.web import THREADS, Website, website
from distribution.models import Assignment, Field, Profile
from distribution.services import make_key, save_profile
from leadflip.run import ports
from leadflip.run.state import State
from partners.services import touch

ROUNDS = 5
SMALL = {"rounds": 1, "count": 100, "batches": 1}
COUNT = 2000
BATCHES = 6
BATCH = 1000
CLIENTS = int(THREADS)
WARM_UP = 200
AIMS = {"ratio.bare_view": "≥ 0.35", "ours.bulk_rows_per_s": "≥ 5,000"}
BARE = "bench.anchors.bare_view:application"
TABLE = """
DROP TABLE IF EXISTS bench_bare;
CREATE TABLE bench_bare (
    id uuid PRIMARY KEY, entity varchar(100) NOT NULL, "values" jsonb NOT NULL,
    created_at timestamptz NOT NULL)
"""

# Every lead of a run is another one.
_numbers = counting()


def measure(
    report: Report, state: State, *, rounds: int = ROUNDS, count: int = COUNT, batches: int = BATCHES
) -> None:
    """Single leads of both in turn, then batches."""
    report.aims.update(AIMS)
    with (
        website(_prepare(), worker=True) as ours,
        website("", app=BARE, name="bare", worker=True) as bare,
    ):
        for site in (ours, bare):
            _singles(site, min(WARM_UP, count))
        for _ in range(rounds):
            mine, theirs = _timed(ours, count), _timed(bare, count)
            for name, (seconds, cpu) in (("ours.", mine), ("beside.bare_view_", theirs)):
                report.add(f"{name}per_second", count / seconds)
                report.add(f"{name}cpu_us", cpu / count * 1e6)
            report.add("ratio.bare_view", theirs[0] / mine[0])
            report.add("ratio.bare_view_by_cpu", theirs[1] / mine[1])
        for _ in range(batches):
            report.add("ours.bulk_rows_per_s", BATCH / _bulk(ours))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_bare")


def _prepare() -> str:
    """An entity that is known again by e-mail, one partner, one profile in force; the key to post with."""
    rows.wipe()
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    entity = rows.entity()
    (lane,) = rows.lanes(["https://127.0.0.1:9/intake"])
    with transaction.atomic():
        touch()
        Field.objects.filter(entity=entity, key="email").update(match_order=1)
        profile = Profile.objects.create(entity=entity, name="To all", strategy="send_to_all", base_price=1)
        Assignment.objects.create(profile=profile, partner=lane.partner)
        save_profile(profile=profile, by=None)
        _, plain = make_key(name="Website")
    return plain


def _lead() -> dict[str, object]:
    number = next(_numbers)
    return {**rows.VALUES, **rows.HIDDEN, "email": f"sample{number}@example.com"}


def _timed(site: Website, count: int) -> tuple[float, float]:
    """Seconds by the clock and of the web process."""
    before = cpu_seconds(site.group)
    seconds = _singles(site, count)
    return seconds, cpu_seconds(site.group) - before


def _singles(site: Website, count: int) -> float:
    """Seconds that `count` leads take over several connections."""
    bodies = [json.dumps({"entity": "lead", **_lead()}).encode() for _ in range(count)]
    requests = [_request("/api/intake", site.key, body) for body in bodies]
    shares = [requests[first::CLIENTS] for first in range(CLIENTS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda share: _post_all(site.port, share), shares))
    return time.perf_counter() - began


def _bulk(site: Website) -> float:
    body = json.dumps({"entity": "lead", "batch": [_lead() for _ in range(BATCH)]}).encode()
    began = time.perf_counter()
    (answer,) = _post_all(site.port, [_request("/api/leads/bulk", site.key, body)])
    seconds = time.perf_counter() - began
    if json.loads(answer)["accepted"] != BATCH:
        raise RuntimeError(f"Not all leads of a batch were taken: {answer[:300]!r}")
    return seconds


def _request(path: str, key: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {ports.HOST}\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _post_all(port: int, requests: Sequence[bytes]) -> list[bytes]:
    """The bodies of the answers to requests, one after the other on one connection."""
    with socket.create_connection((ports.HOST, port), timeout=60) as connected:
        return list(_answers(connected, requests))


def _answers(connected: socket.socket, requests: Sequence[bytes]) -> Iterator[bytes]:
    for request in requests:
        connected.sendall(request)
        yield _answer(connected)


def _answer(connected: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connected)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += _more(connected)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"Answered {head[:40]!r}: {body[:300]!r}")
    return body


def _more(connected: socket.socket) -> bytes:
    data = connected.recv(65536)
    if not data:
        raise RuntimeError("The web process closed a connection before it had answered.")
    return data
