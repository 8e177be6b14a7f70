"""One call through the real transport: what arrives, what is heeded (row 21), what leaks nothing."""

import traceback
from pathlib import Path

import pytest
from aiohttp.abc import ResolveResult

from delivery.channels.base import Temporary
from tests.delivery.calls import Names, call, failure, named, outcome, receipt
from tests.servers.behaviours import (
    echo,
    empty,
    raw,
    reply,
    reset,
    ssh_banner,
)
from tests.servers.http import Behaviour, HttpServer

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


def test_connections_are_kept(http_server: HttpServer, loop: str) -> None:
    outcome(*[call(http_server.url)] * 3, loop=loop)
    assert [request.connection for request in http_server.requests] == [1, 1, 1]


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
    class Broken(Names):
        async def resolve(self, *_: object, **__: object) -> list[ResolveResult]:
            raise ValueError("c4nary")

    error = failure(call("http://partner.example/"), sender=named(Broken()))
    assert (type(error), error.error_class, error.endpoint) == (Temporary, "internal", False)
    assert "ValueError" in error.text
    assert "c4nary" not in error.text + caplog.text
    assert "test_http.py" in caplog.text
