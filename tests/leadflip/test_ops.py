"""The two health pages, against servers that answer, refuse and hang."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from leadflip import ops


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def database_at() -> Iterator[Callable[[int], None]]:
    """Lets the probe look for the database at another port."""
    where = connections["default"].settings_dict
    port = where["PORT"]
    yield lambda moved: where.update(PORT=moved)
    where.update(PORT=port)


def answer(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/readyz")
    return response.status_code, json.loads(response.content)


def test_healthz_up_asks_nobody(client: Client) -> None:
    # Without the django_db mark any query would fail.
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


def test_healthz_post_is_refused(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


def test_readyz_all_up(client: Client, transactional_db: None) -> None:
    assert answer(client) == (200, {"status": "ok"})


def test_readyz_broker_refuses_is_degraded(
    client: Client, transactional_db: None, settings: Settings, closed_port: int
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{closed_port}/0"
    assert answer(client) == (200, {"status": "degraded", "degraded": ["broker"]})


def test_readyz_broker_hangs_is_degraded_in_time(
    client: Client, transactional_db: None, settings: Settings, silent_port: int
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{silent_port}/0"
    started = time.monotonic()
    assert answer(client) == (200, {"status": "degraded", "degraded": ["broker"]})
    assert time.monotonic() - started < 2


def test_readyz_database_refuses_is_503(
    client: Client, transactional_db: None, database_at: Callable[[int], None], closed_port: int
) -> None:
    database_at(closed_port)
    assert answer(client) == (503, {"status": "unavailable", "failed": ["database"]})


def test_readyz_database_hangs_is_503_in_time(
    client: Client, transactional_db: None, database_at: Callable[[int], None], silent_port: int
) -> None:
    database_at(silent_port)
    started = time.monotonic()
    status, body = answer(client)
    assert (status, body["failed"]) == (503, ["database"])
    assert time.monotonic() - started < 2


def test_readyz_failure_logs_no_address(
    client: Client,
    transactional_db: None,
    settings: Settings,
    closed_port: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.REDIS_URL = f"redis://:planted-password@127.0.0.1:{closed_port}/0"
    client.get("/readyz")
    assert "probe_failed" in caplog.text
    assert "planted-password" not in caplog.text


def test_probes_each_have_threads_of_their_own() -> None:
    assert ops._pools.keys() == ops.PROBES.keys()
