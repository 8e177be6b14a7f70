"""Rows 15 and 16 of the failure catalogue: what an answer means, and what of it is kept."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from delivery.channels.base import Temporary
from delivery.http.answers import retry_after
from tests.delivery.calls import NOW, call, failure, receipt
from tests.servers.behaviours import (
    raw,
    reply,
)
from tests.servers.http import HttpServer

pytestmark = pytest.mark.usefixtures("loopback")


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
