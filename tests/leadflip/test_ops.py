"""The health pages and the figures, against servers that answer, refuse and hang."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from delivery.models import Attempt, Engine
from leadflip import ops
from tests.delivery.engine.parts import due_job


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


@pytest.fixture
def engine(transactional_db: None) -> Engine:
    """An engine that was seen just now, with three calls open."""
    now = timezone.now()
    return Engine.objects.create(id=uuid4(), host="crm", pid=7, started_at=now, seen_at=now, in_flight=3)


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


def test_readyz_all_up(client: Client, engine: Engine) -> None:
    assert answer(client) == (200, {"status": "ok"})


@pytest.mark.parametrize("silent", [timedelta(seconds=11), timedelta(hours=1)])
def test_readyz_silent_engine_is_degraded(client: Client, engine: Engine, silent: timedelta) -> None:
    Engine.objects.update(seen_at=timezone.now() - silent)
    assert answer(client) == (200, {"status": "degraded", "degraded": ["worker"]})


def test_readyz_no_engine_is_degraded(client: Client, transactional_db: None) -> None:
    assert answer(client) == (200, {"status": "degraded", "degraded": ["worker"]})


@pytest.mark.parametrize("minutes", [10, -10])
def test_readyz_own_clock_off_is_degraded(client: Client, engine: Engine, minutes: int) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        assert answer(client) == (200, {"status": "degraded", "degraded": ["clock"]})


@pytest.mark.parametrize(("off", "expected"), [(600, "degraded"), (-600, "degraded"), (4, "ok")])
def test_readyz_engine_clock_off_is_degraded(
    client: Client, engine: Engine, off: float, expected: str
) -> None:
    Engine.objects.update(clock_off=off)
    assert answer(client)[1]["status"] == expected


def test_readyz_broker_refuses_is_degraded(
    client: Client, engine: Engine, settings: Settings, closed_port: int
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{closed_port}/0"
    assert answer(client) == (200, {"status": "degraded", "degraded": ["broker"]})


def test_readyz_broker_hangs_is_degraded_in_time(
    client: Client, engine: Engine, settings: Settings, silent_port: int
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


def figure(client: Client, line: str) -> str:
    """The value that stands behind `line` in the figures."""
    response = client.get("/metrics")
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    found = [text for text in response.content.decode().splitlines() if text.startswith(f"{line} ")]
    assert len(found) == 1, response.content.decode()
    return found[0].removeprefix(f"{line} ")


def test_metrics_count_jobs_engines_and_attempts(client: Client, engine: Engine) -> None:
    now = timezone.now()
    job = due_job(next_attempt_at=now - timedelta(seconds=90))
    due_job(next_attempt_at=now + timedelta(hours=1))
    for number, ago in enumerate([1, 30, 90]):
        Attempt.objects.create(
            job=job, number=number, started_at=now - timedelta(minutes=ago), outcome="temporary"
        )
    assert figure(client, "leadflip_engines") == "1"
    assert figure(client, "leadflip_calls") == "3"
    assert figure(client, 'leadflip_jobs{state="due"}') == "1"
    assert figure(client, 'leadflip_jobs{state="waiting"}') == "1"
    assert figure(client, 'leadflip_jobs{state="sending"}') == "0"
    assert figure(client, "leadflip_lanes_waiting") == "2"
    assert 90 <= float(figure(client, "leadflip_oldest_due_seconds")) < 120
    assert figure(client, 'leadflip_attempts_last_hour{outcome="temporary"}') == "2"
    assert figure(client, 'leadflip_attempts_last_hour{outcome="delivered"}') == "0"


def test_metrics_of_an_idle_system_are_zero(client: Client, db: None) -> None:
    assert figure(client, "leadflip_engines") == "0"
    assert figure(client, "leadflip_oldest_due_seconds") == "0"


@pytest.mark.parametrize(
    ("sent", "token", "status"),
    [
        ({}, "", 200),
        ({"REMOTE_ADDR": "::1"}, "", 200),
        ({"REMOTE_ADDR": "192.0.2.1"}, "", 401),
        ({"REMOTE_ADDR": ""}, "", 401),
        ({"HTTP_X_FORWARDED_FOR": "192.0.2.1"}, "", 401),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer "}, "", 401),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer wrong"}, "right", 401),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer right"}, "right", 200),
    ],
)
def test_metrics_are_for_this_machine_and_for_the_token(
    client: Client, db: None, settings: Settings, sent: dict[str, str], token: str, status: int
) -> None:
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", **sent).status_code == status  # type: ignore[arg-type]  # WSGI names


def test_metrics_behind_https_need_the_token_even_here(client: Client, settings: Settings) -> None:
    settings.HTTPS = True
    assert client.get("/metrics").status_code == 401
