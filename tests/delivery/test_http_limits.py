"""Rows 23 and 24 of the failure catalogue: an answer costs a bounded time and memory."""

import gc
import resource
import socket
import sys
import time

import pytest

from delivery.channels.base import DeliveryError, Receipt, Temporary, Unknown
from tests.delivery.calls import call, failure, outcome, receipt
from tests.servers.behaviours import (
    endless_headers,
    gzip_bomb,
    hang,
    huge_body,
    reply,
    trickled_body,
    trickled_headers,
)
from tests.servers.http import Behaviour, HttpServer

pytestmark = pytest.mark.usefixtures("loopback")


def test_hanging_endpoint(http_server: HttpServer, loop: str) -> None:
    http_server.default = hang()
    error = failure(call(http_server.url, timeout=0.2), loop=loop)
    assert type(error) is Unknown
    assert (error.error_class, error.text) == ("timeout", "127.0.0.1 did not answer within 0.2 s.")
    assert error.answer.address == "127.0.0.1"
    assert error.endpoint


def test_trickling_headers_end_at_the_total_timeout(http_server: HttpServer, loop: str) -> None:
    http_server.default = trickled_headers()
    began = time.monotonic()
    error = failure(call(http_server.url, timeout=0.5), loop=loop)
    assert type(error) is Unknown
    assert error.error_class == "timeout"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(("status", "kind"), [(200, Receipt), (500, Temporary)])
def test_trickling_body_ends_at_the_total_timeout_and_the_status_counts(
    http_server: HttpServer, status: int, kind: type, loop: str
) -> None:
    http_server.default = trickled_body(status)
    began = time.monotonic()
    (found,) = outcome(call(http_server.url, timeout=0.5), loop=loop)
    assert type(found) is kind
    assert isinstance(found, Receipt | Temporary)
    assert found.answer.code == status
    assert set(found.answer.text) == {"a"}
    assert time.monotonic() - began < 3


def test_cut_off_body_is_noted(http_server: HttpServer) -> None:
    http_server.default = trickled_body()
    assert receipt(call(http_server.url, timeout=0.3)).note == "The answer's body was cut off."


def test_connecting_that_hangs_sends_nothing(loop: str) -> None:
    """A full backlog: the kernel leaves further handshakes open."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        fillers = [_half_open(busy.getsockname()) for _ in range(8)]
        error = failure(call(f"http://127.0.0.1:{busy.getsockname()[1]}/", timeout=0.5), loop=loop)
        for filler in fillers:
            filler.close()
    assert type(error) is Temporary
    assert error.error_class == "timeout"
    assert error.text.startswith("No connection to 127.0.0.1 in time")


def _half_open(address: tuple[str, int]) -> socket.socket:
    filler = socket.socket()
    filler.setblocking(False)
    filler.connect_ex(address)
    return filler


@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident size from /proc")
@pytest.mark.parametrize(
    "behaviour", [huge_body(), gzip_bomb(), endless_headers()], ids=["huge", "gzip", "headers"]
)
def test_memory_stays_flat(http_server: HttpServer, behaviour: Behaviour, loop: str) -> None:
    receipt(call(http_server.url), loop=loop)
    http_server.script(behaviour)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (found,) = outcome(call(http_server.url), loop=loop)
    assert isinstance(found, Receipt | DeliveryError)
    assert len(found.answer.text) <= 4096
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_huge_body_is_delivered_and_its_connection_dropped(http_server: HttpServer) -> None:
    http_server.script(huge_body(), reply(200))
    first, second = outcome(call(http_server.url), call(http_server.url))
    assert isinstance(first, Receipt)
    assert first.answer.text == "x" * 4096
    assert isinstance(second, Receipt)
    assert [request.connection for request in http_server.requests] == [1, 2]


def test_endless_headers_are_no_answer(http_server: HttpServer, loop: str) -> None:
    http_server.default = endless_headers()
    error = failure(call(http_server.url), loop=loop)
    assert type(error) is Unknown
    assert error.error_class == "protocol"


def test_packed_answer_is_never_unpacked(http_server: HttpServer) -> None:
    http_server.script(gzip_bomb(1))
    found = receipt(call(http_server.url))
    assert found.answer.headers["content-encoding"] == "gzip"
    assert "\0" not in found.answer.text
