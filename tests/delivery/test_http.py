"""Rows 15, 16, 21, 23, 24 and 25 of the failure catalogue, against a server that misbehaves."""

import asyncio
import gc
import resource
import socket
import sys
import time
import traceback
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from delivery.channels.base import DeliveryError, Receipt, Temporary, Unknown
from delivery.http import Sender
from delivery.http.answers import retry_after
from delivery.http.names import AT_ONCE, Resolver
from tests.delivery.calls import NOW, Names, call, closed_port, failure, named, outcome, receipt, run
from tests.servers.behaviours import (
    echo,
    empty,
    endless_headers,
    gzip_bomb,
    hang,
    huge_body,
    raw,
    reply,
    reset,
    ssh_banner,
    trickled_body,
    trickled_headers,
    wrong_length,
)
from tests.servers.http import Behaviour, Exchange, HttpServer

pytestmark = pytest.mark.usefixtures("loopback")


def test_call_arrives_as_given(http_server: HttpServer, loop: str) -> None:
    http_server.script(reply(200, b'{"ok":true}', {"Content-Type": "application/json", "X-Other": "x"}))
    found = receipt(
        call(http_server.url + "in?a=1", body=b"\x00\xff body", method="PATCH", headers={"x-key": "k"}),
        loop=loop,
    )
    (request,) = http_server.requests
    assert (request.method, request.path, request.body) == ("PATCH", "/in?a=1", b"\x00\xff body")
    assert request.header("x-key") == "k"
    assert request.header("host") == f"127.0.0.1:{http_server.port}"
    assert request.header("content-length") == "7"
    assert found.answer.code == 200
    assert found.answer.address == "127.0.0.1"
    assert found.answer.text == '{"ok":true}'
    assert found.answer.headers == {"content-type": "application/json", "content-length": "11"}
    assert found.note == ""


@pytest.mark.parametrize("status", [200, 201, 202, 204, 226, 299])
def test_2xx_is_delivered(http_server: HttpServer, status: int) -> None:
    http_server.default = raw(b"HTTP/1.1 %d Fine\r\n\r\n" % status)
    assert receipt(call(http_server.url)).answer.code == status


@pytest.mark.parametrize(
    ("status", "error_class", "endpoint"),
    [
        (300, "redirect", True),
        (301, "redirect", True),
        (304, "redirect", True),
        (400, "http_4xx", False),
        (401, "http_4xx", True),
        (403, "http_4xx", True),
        (404, "http_4xx", True),
        (408, "http_4xx", True),
        (409, "http_4xx", False),
        (410, "http_4xx", True),
        (413, "http_4xx", False),
        (415, "http_4xx", False),
        (422, "http_4xx", False),
        (429, "http_4xx", True),
        (500, "http_5xx", True),
        (503, "http_5xx", True),
        (599, "http_5xx", True),
        (600, "protocol", True),
    ],
)
def test_every_other_status_is_temporary(
    http_server: HttpServer, status: int, error_class: str, endpoint: bool
) -> None:
    http_server.script(reply(status, b"" if status == 304 else b"why"))
    error = failure(call(http_server.url))
    assert type(error) is Temporary
    assert (error.error_class, error.endpoint, error.answer.code) == (error_class, endpoint, status)
    assert str(status) in error.text
    assert "why" not in error.text
    if status != 304:
        assert error.answer.text == "why"


def test_199_is_no_success(http_server: HttpServer) -> None:
    http_server.script(raw(b"HTTP/1.1 199 Odd\r\n\r\n"))
    assert isinstance(failure(call(http_server.url)), Temporary)


@pytest.mark.parametrize("location", ["//other.example.com/x", "http://other.example.com:81/a@b"])
def test_redirect_names_the_host_it_leads_to(http_server: HttpServer, location: str) -> None:
    http_server.script(reply(302, headers={"Location": location}))
    error = failure(call(http_server.url))
    assert (
        error.text == "127.0.0.1 answered with a redirect (302) to other.example.com, which is not followed."
    )
    assert error.answer.headers["location"] == location


@pytest.mark.parametrize("location", ["/elsewhere", "http://[", "http://a<b>c/", ""])
def test_redirect_without_usable_host(http_server: HttpServer, location: str) -> None:
    http_server.script(reply(302, headers={"Location": location}))
    assert failure(call(http_server.url)).text.endswith("a redirect (302), which is not followed.")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 1.5 ", 1.5),
        ("1000000000000", 1e9),
        ("9" * 5000, 1e9),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300),
        ("Tue, 24 Nov 2026 12:05:00 -0000", 300),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), None),
        (format_datetime(NOW, usegmt=True), None),
        ("-5", None),
        ("1e12", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("٣", None),
        ("Tue, 99 Nov 2026 12:05:00 GMT", None),
        ("Tue, 24 Nov 99999 12:05:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "headers", "asked", "floor"),
    [
        (429, {}, None, 60),
        (503, {}, None, 60),
        (429, {"Retry-After": "soon"}, None, 60),
        (429, {"Retry-After": "7"}, 7, 0),
        (503, {"Retry-After": "7"}, 7, 0),
        (500, {}, None, 0),
        (500, {"Retry-After": "7"}, 7, 0),
        (302, {"Retry-After": "7"}, 7, 0),
    ],
)
def test_wait_that_was_asked_for(
    http_server: HttpServer, status: int, headers: dict[str, str], asked: float | None, floor: float
) -> None:
    http_server.script(reply(status, headers=headers))
    error = failure(call(http_server.url))
    assert (error.retry_after, error.floor) == (asked, floor)


def test_answer_is_kept_as_text(http_server: HttpServer) -> None:
    http_server.script(reply(200, b"a\x00b\xffc\xc3"))
    assert receipt(call(http_server.url)).answer.text == "ab\ufffdc\ufffd"


def test_answer_is_cut_at_4_kib_between_characters(http_server: HttpServer) -> None:
    http_server.script(reply(500, b"x" + "é".encode() * 4096))
    assert failure(call(http_server.url)).answer.text == "x" + "é" * 2047


def test_long_header_values_are_cut(http_server: HttpServer) -> None:
    http_server.script(reply(500, headers={"Server": "s" * 1000}))
    assert failure(call(http_server.url)).answer.headers["server"] == "s" * 200


def test_connections_are_kept(http_server: HttpServer, loop: str) -> None:
    outcome(*[call(http_server.url)] * 3, loop=loop)
    assert [request.connection for request in http_server.requests] == [1, 1, 1]


# Row 21: the environment and the other side's cookies


def test_environment_is_not_asked(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with HttpServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        netrc = tmp_path / ".netrc"
        netrc.write_text("machine 127.0.0.1 login someone password s3cret\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HOME", str(tmp_path))
        receipt(call(http_server.url))
        assert proxy.connections == 0
    assert http_server.requests[0].header("authorization") is None


def test_cookies_are_not_sent_back(http_server: HttpServer) -> None:
    http_server.default = reply(200, headers={"Set-Cookie": "session=s3cret; Path=/"})
    outcome(call(http_server.url), call(http_server.url))
    assert [request.header("cookie") for request in http_server.requests] == [None, None]


# Row 23: time


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


# Row 24: size


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


# Row 25: connections that break


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


# Being cut off


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


# What may not leak


@pytest.mark.parametrize("behaviour", [ssh_banner(), empty(), reset(), raw(b"HTTP/1.1 x\r\n\r\n")])
def test_errors_hold_no_header_value(http_server: HttpServer, behaviour: Behaviour) -> None:
    http_server.default = behaviour
    error = failure(call(http_server.url, headers={"x-api-key": "c4nary"}))
    assert error.__context__ is None
    assert error.__cause__ is None
    assert "c4nary" not in "".join(traceback.format_exception(error))
    assert "c4nary" not in repr(error)


def test_answer_that_echoes_the_request_is_in_no_text_of_ours(http_server: HttpServer) -> None:
    http_server.default = echo(500)
    error = failure(call(http_server.url, body=b"c4nary"))
    assert "c4nary" in error.answer.text
    assert "c4nary" not in repr(error) + str(error) + repr(error.answer)


def test_call_shows_neither_headers_nor_body() -> None:
    shown = repr(call("http://127.0.0.1:9000/", body=b"c4nary", headers={"x-key": "c4nary"}))
    assert "c4nary" not in shown


def test_unforeseen_error_is_named_by_its_type_alone(caplog: pytest.LogCaptureFixture) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise ValueError("c4nary")

    error = failure(call("http://127.0.0.1:9000/"), sender=lambda: Sender(httpx.MockTransport(handler)))
    assert (type(error), error.error_class, error.endpoint) == (Unknown, "internal", False)
    assert "ValueError" in error.text
    assert "c4nary" not in error.text + caplog.text
    assert "test_http.py" in caplog.text


# The seam


@pytest.mark.parametrize(
    ("raised", "kind", "error_class"),
    [
        (httpx.ConnectError("c4nary"), Temporary, "refused"),
        (httpx.ConnectTimeout("c4nary"), Temporary, "timeout"),
        (httpx.ReadTimeout("c4nary"), Unknown, "timeout"),
        (httpx.ReadError("c4nary"), Unknown, "reset"),
        (httpx.RemoteProtocolError("c4nary"), Unknown, "protocol"),
    ],
)
def test_errors_of_another_transport(raised: Exception, kind: type[Temporary], error_class: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise raised

    error = failure(call("http://127.0.0.1:9000/"), sender=lambda: Sender(httpx.MockTransport(handler)))
    assert (type(error), error.error_class) == (kind, error_class)
    assert "c4nary" not in error.text


def test_another_transport_carries_the_call() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202, text="fine")

    found = receipt(
        call("http://127.0.0.1:9000/x", body=b"abc"), sender=lambda: Sender(httpx.MockTransport(handler))
    )
    assert (found.answer.code, found.answer.text) == (202, "fine")
    assert (seen[0].url.path, seen[0].content) == ("/x", b"abc")


# Names


def test_look_ups_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch, loop: str) -> None:
    import threading

    hanging = threading.Event()
    real = socket.getaddrinfo

    def look_up(host: str, *args: object, **kwargs: object) -> object:
        if host == "slow.example.com":
            hanging.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "late")
        return real("127.0.0.1", *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def work() -> str:
        resolver = Resolver()
        slow = [asyncio.create_task(resolver.resolve("slow.example.com", 80)) for _ in range(AT_ONCE - 1)]
        await asyncio.sleep(0)
        (found,) = await asyncio.wait_for(resolver.resolve("quick.example.com", 80), 5)
        hanging.set()
        await asyncio.gather(*slow, return_exceptions=True)
        return found["host"]

    assert run(work, loop) == "127.0.0.1"
