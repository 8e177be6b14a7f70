"""Tests reach loopback and nothing else."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_sockets_beyond_loopback_are_shut() -> None:
    with (
        socket.socket() as outside,
        pytest.warns(UserWarning, match="192.0.2.1"),
        pytest.raises(SocketConnectBlockedError),
    ):
        outside.connect(("192.0.2.1", 80))


def test_sockets_on_loopback_are_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as inside:
        inside.connect(server.getsockname())
