"""Fixtures of the test servers; a folder's conftest imports those that its tests use."""

from collections.abc import Iterator

import pytest

from tests.servers.http import HttpServer


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    """An HTTP server that answers 200 unless scripted otherwise."""
    with HttpServer() as server:
        yield server
