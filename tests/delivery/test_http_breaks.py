"""Row 25 of the failure catalogue: connections that break, and calls that are cut off."""

import asyncio
import socket

import pytest

from delivery.channels.base import Receipt, Temporary, Unknown
from delivery.http import Sender
from tests.delivery.calls import Names, call, closed_port, failure, named, outcome, run
from tests.servers.behaviours import (
    empty,
    hang,
    raw,
    reply,
    reset,
    ssh_banner,
    trickled_body,
    wrong_length,
)
from tests.servers.http import Behaviour, Exchange, HttpServer

pytestmark = pytest.mark.usefixtures("loopback")


def test_refused(loop: str) -> None:
    port = closed_port()
    error = failure(call(f"http://127.0.0.1:{port}/"), loop=loop)
    assert type(error) is Temporary
    assert (error.error_class, error.text) == ("refused", f"127.0.0.1 refused the connection (port {port}).")


def test_unknown_name(loop: str) -> None:
    error = failure(call("http://does-not-exist.invalid/"), loop=loop)
    assert type(error) is Temporary
    assert error.error_class == "dns"
    assert "does-not-exist.invalid" in error.text


def test_name_server_that_does_not_answer(loop: str) -> None:
    class Silent(Names):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC):  # type: ignore[no-untyped-def]
            raise socket.gaierror(socket.EAI_AGAIN, "try again")

    error = failure(call("http://crm.example.com/"), loop=loop, sender=named(Silent([])))
    assert (type(error), error.error_class) == (Temporary, "dns")
    assert error.text == "The name crm.example.com could not be looked up in DNS."


@pytest.mark.parametrize(
    ("behaviour", "error_class"),
    [
        (reset(), "reset"),
        (empty(), "reset"),
        (reset(b"HTTP/1.1 200 OK\r\nContent-Le"), "reset"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), "reset"),
        (ssh_banner(), "protocol"),
        (raw(b"\x15\x03\x01\x00\x02\x02\x16"), "protocol"),
        (raw(b"<html>no header</html>\r\n\r\n"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: soon\r\n\r\n"), "protocol"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "protocol"),
        (raw(b"HTTP/1.1 abc OK\r\n\r\n"), "protocol"),
    ],
    ids=["reset", "empty", "half-reset", "half", "ssh", "tls", "html", "length", "lengths", "status"],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_no_answer_on_a_fresh_connection(
    http_server: HttpServer, behaviour: Behaviour, error_class: str, method: str, loop: str
) -> None:
    http_server.script(behaviour)
    error = failure(call(http_server.url, method=method), loop=loop)
    assert type(error) is Unknown
    assert error.error_class == error_class
    assert len(http_server.requests) == 1


@pytest.mark.parametrize(("status", "kind"), [(200, Receipt), (500, Temporary)])
def test_body_shorter_than_announced_and_the_status_counts(
    http_server: HttpServer, status: int, kind: type, loop: str
) -> None:
    http_server.script(wrong_length(status))
    (found,) = outcome(call(http_server.url), loop=loop)
    assert type(found) is kind
    assert isinstance(found, Receipt | Temporary)
    assert (found.answer.code, found.answer.text) == (status, "short")


@pytest.mark.parametrize("behaviour", [empty(), reset()], ids=["closed", "reset"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_stale_connection_is_replaced_once_by_a_fresh_one(
    http_server: HttpServer, behaviour: Behaviour, method: str, loop: str
) -> None:
    http_server.script(reply(200), behaviour, reply(201))
    _, second = outcome(*[call(http_server.url, method=method)] * 2, loop=loop)
    assert isinstance(second, Receipt)
    assert second.answer.code == 201
    assert [request.connection for request in http_server.requests] == [1, 1, 2]


def test_fresh_connection_is_none_of_the_kept_ones(http_server: HttpServer, loop: str) -> None:
    async def work() -> Receipt:
        sender = Sender()
        await asyncio.gather(*(sender.send(call(http_server.url)) for _ in range(4)))
        http_server.script(*[empty()] * 4)
        try:
            return await sender.send(call(http_server.url))
        finally:
            await sender.close()

    http_server.default = reply(200, delay=0.1)
    with pytest.raises(Unknown):
        run(work, loop)
    assert http_server.connections == 5
    assert len(http_server.requests) == 6


def test_stale_connection_is_replaced_only_once(http_server: HttpServer, loop: str) -> None:
    http_server.script(reply(200), empty(), empty(), reply(200))
    error = failure(call(http_server.url), call(http_server.url), loop=loop)
    assert (type(error), error.error_class) == (Unknown, "reset")
    assert len(http_server.requests) == 3


def test_stale_connection_then_nobody_there_is_unknown(loop: str) -> None:
    """The first try may have been read before the server went away."""
    with HttpServer() as server:
        server.script(reply(200), _close_for_good(server))
        error = failure(call(server.url), call(server.url), loop=loop)
    assert type(error) is Unknown
    assert error.error_class == "refused"


def _close_for_good(server: HttpServer) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        server.stop_listening()
        exchange.keep = False

    return behave


def test_part_of_an_answer_on_a_kept_connection_is_not_repeated(http_server: HttpServer, loop: str) -> None:
    http_server.script(reply(200), raw(b"HTTP/1.1 200 OK\r\nContent-Le"))
    error = failure(call(http_server.url), call(http_server.url), loop=loop)
    assert (type(error), error.error_class) == (Unknown, "reset")
    assert len(http_server.requests) == 2


def test_hanging_kept_connection_is_not_repeated(http_server: HttpServer, loop: str) -> None:
    http_server.script(reply(200), hang())
    error = failure(call(http_server.url), call(http_server.url, timeout=0.2), loop=loop)
    assert type(error) is Unknown
    assert len(http_server.requests) == 2


def test_answer_before_the_body_was_read_counts(loop: str) -> None:
    async def behave(exchange: Exchange) -> None:
        await reply(413, b"too large", close=True)(exchange)
        await asyncio.sleep(0.2)

    with HttpServer() as server:
        server.answer_at_once = behave
        error = failure(call(server.url, body=b"x" * 1_000_000), loop=loop)
    assert (type(error), error.answer.code, error.answer.text) == (Temporary, 413, "too large")


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_cancelled_after_sending_is_unknown(http_server: HttpServer, loop: str) -> None:
    http_server.default = hang()

    async def work() -> None:
        sender = Sender()
        task = asyncio.create_task(sender.send(call(http_server.url)))
        await asyncio.to_thread(http_server.wait, 1)
        task.cancel()
        with pytest.raises(Unknown) as caught:
            await task
        assert not caught.value.endpoint
        await sender.close()

    run(work, loop)


def test_cancelled_before_sending_is_cancelled(loop: str) -> None:
    class Never(Names):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC):  # type: ignore[no-untyped-def]
            await asyncio.Event().wait()

    async def work() -> None:
        sender = named(Never([]))()
        task = asyncio.create_task(sender.send(call("http://crm.example.com/")))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await sender.close()

    run(work, loop)


def test_cancelled_while_the_body_comes_in_is_what_the_status_says(
    http_server: HttpServer, loop: str
) -> None:
    http_server.default = trickled_body()

    async def work() -> Receipt:
        sender = Sender()
        task = asyncio.create_task(sender.send(call(http_server.url)))
        await asyncio.to_thread(http_server.wait, 1)
        await asyncio.sleep(0.2)
        task.cancel()
        try:
            return await task
        finally:
            await sender.close()

    assert run(work, loop).answer.code == 200
