"""Rows 18, 19 and 20 of the failure catalogue: where a call may not lead, whatever it is told."""

import errno
import socket

import pytest
from pytest_django import Settings

from delivery.channels.base import Temporary
from delivery.guard import BlockedError, socket_factory
from delivery.http import Call
from delivery.wire import Trace, begin
from partners.outgoing import Target, openings
from tests.delivery.calls import LOOPBACK, NOW, Names, call, failure, named, outcome, receipt
from tests.partners.test_outgoing_addresses import CLOSED_V4, CLOSED_V6, OPEN, OPEN_V6, disguises
from tests.servers.behaviours import reply
from tests.servers.http import HttpServer

CLOSED = CLOSED_V4 + CLOSED_V6 + [one for closed in CLOSED_V4 for one in disguises(closed)]


def info(
    address: str, port: int
) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)


@pytest.mark.parametrize("address", CLOSED)
def test_no_socket_for_a_closed_address(address: str) -> None:
    trace = Trace()
    begin(trace)
    with pytest.raises(BlockedError) as caught:
        socket_factory(())(info(address, 443))
    assert caught.value.errno == errno.EACCES
    assert (trace.blocked, trace.opened) == (address, False)


@pytest.mark.parametrize("address", OPEN + OPEN_V6)
def test_socket_for_an_open_address(address: str) -> None:
    trace = Trace()
    begin(trace)
    with socket_factory(())(info(address, 443)) as made:
        assert made.family == info(address, 443)[0]
    assert (trace.blocked, trace.opened) == ("", True)


def test_no_socket_for_a_closed_port() -> None:
    with pytest.raises(BlockedError):
        socket_factory(())(info("8.8.8.8", 25))


def test_opening_is_heeded_with_its_port() -> None:
    make = socket_factory(openings(("127.0.0.1/32:9000",)))
    make(info("127.0.0.1", 9000)).close()
    with pytest.raises(BlockedError):
        make(info("127.0.0.1", 9001))


def test_guard_works_outside_of_a_call() -> None:
    with pytest.raises(BlockedError):
        socket_factory(())(info("127.0.0.1", 80))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
def test_nothing_on_loopback_is_reached_by_default(http_server: HttpServer, host: str, loop: str) -> None:
    port = http_server.port
    error = failure(unchecked(f"http://{host}:{port}/", host.strip("[]"), port), loop=loop)
    assert type(error) is Temporary
    assert error.error_class == "blocked"
    assert http_server.connections == 0


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127。0。0。1"])
def test_disguised_loopback_is_not_reached_though_the_form_was_bypassed(
    http_server: HttpServer, host: str, settings: Settings
) -> None:
    settings.OUTGOING_ALLOW = []
    error = failure(unchecked(f"http://{host}:{http_server.port}/", host, http_server.port))
    assert http_server.connections == 0
    assert type(error) is Temporary


def unchecked(url: str, host: str, port: int) -> Call:
    """A call whose URL no check has seen."""
    return Call("POST", Target(url, "http", host, port), {}, b"{}", 5, NOW)


@pytest.mark.usefixtures("loopback")
def test_name_that_resolves_to_a_closed_address_is_blocked_at_every_attempt(
    http_server: HttpServer, settings: Settings, loop: str
) -> None:
    settings.OUTGOING_ALLOW = []
    names = Names(["10.0.0.7"])
    again = call(f"http://crm.example.com:{http_server.port}/")
    first, second = outcome(again, again, loop=loop, sender=named(names))
    assert len(names.asked) == 2
    for error in (first, second):
        assert isinstance(error, Temporary)
        assert error.error_class == "blocked"
        assert str(error) == "crm.example.com leads to 10.0.0.7, an address that is closed to webhooks."


def test_name_that_changes_to_a_closed_address_is_blocked(
    http_server: HttpServer, settings: Settings, loop: str
) -> None:
    settings.OUTGOING_ALLOW = [f"127.0.0.1/32:{http_server.port}"]
    http_server.default = reply(200, close=True)
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    again = call(f"http://crm.example.com:{http_server.port}/")
    first, second = outcome(again, again, loop=loop, sender=named(names))
    assert not isinstance(first, Exception)
    assert isinstance(second, Temporary)
    assert second.error_class == "blocked"
    assert len(http_server.requests) == 1


def test_open_address_beside_a_closed_one_is_used(
    http_server: HttpServer, settings: Settings, loop: str
) -> None:
    settings.OUTGOING_ALLOW = [f"127.0.0.1/32:{http_server.port}"]
    names = Names(["10.0.0.7", "127.0.0.1"])
    found = receipt(call(f"http://crm.example.com:{http_server.port}/"), loop=loop, sender=named(names))
    assert found.answer.address == "127.0.0.1"
    assert http_server.requests[0].header("host") == f"crm.example.com:{http_server.port}"


@pytest.mark.usefixtures("loopback")
def test_redirect_to_metadata_is_not_followed(http_server: HttpServer) -> None:
    with HttpServer() as trap:
        http_server.script(
            reply(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
            reply(307, headers={"Location": trap.url}),
        )
        url = call(http_server.url)
        metadata, other = outcome(url, url)
        assert trap.connections == 0
    for error in (metadata, other):
        assert isinstance(error, Temporary)
        assert error.error_class == "redirect"
    assert "169.254.169.254" in str(metadata)
    assert len(http_server.requests) == 2


def test_loopback_is_what_the_tests_open() -> None:
    assert all(opening.network.is_loopback for opening in openings(LOOPBACK))
