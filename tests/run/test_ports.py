import os
import socket

import pytest

from leadflip.run import ports
from leadflip.run.errors import StartError


def listener() -> socket.socket:
    taken = socket.socket()
    taken.bind((ports.HOST, 0))
    taken.listen()
    return taken


def test_free_can_be_listened_on() -> None:
    with socket.socket() as server:
        server.bind((ports.HOST, ports.free()))


def test_is_free_sees_a_listener() -> None:
    with listener() as taken:
        assert not ports.is_free(taken.getsockname()[1])


def test_is_free_sees_an_ended_listener() -> None:
    with listener() as taken:
        port = taken.getsockname()[1]
    assert ports.is_free(port)


def test_web_takes_the_next_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    with listener() as taken:
        monkeypatch.setattr(ports, "FIRST", taken.getsockname()[1])
        assert ports.for_web() > taken.getsockname()[1]


def test_web_takes_the_named(monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.free()
    monkeypatch.setenv("PORT", str(port))
    assert ports.for_web() == port


def test_web_refuses_a_named_port_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with listener() as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(StartError, match=f"Port {port} is taken"):
            ports.for_web()


@pytest.mark.parametrize("named", ["web", "0", "65536", "-1", "80.0"])
def test_web_refuses_what_is_no_port(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("PORT", named)
    with pytest.raises(StartError, match="name one from 1 to 65535"):
        ports.for_web()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_web_refuses_a_privileged_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "80")
    with pytest.raises(StartError, match="name one above 1023"):
        ports.for_web()
