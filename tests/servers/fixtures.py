"""Fixtures of the test servers; a folder's conftest imports those that its tests use."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.servers.http import HttpServer


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    """An HTTP server that answers 200 unless scripted otherwise."""
    with HttpServer() as server:
        yield server


@pytest.fixture
def host(http_server: HttpServer, settings: Settings) -> HttpServer:
    """One host that several partners share, and the only one that webhooks may reach."""
    settings.OUTGOING_ALLOW = [f"127.0.0.1/32:{http_server.port}"]
    return http_server
