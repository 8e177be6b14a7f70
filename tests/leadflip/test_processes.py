"""The very commands of `docker-compose.yml`, run here against the test's servers."""

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from delivery.models import Engine
from tests.architecture.project import ROOT
from tests.leadflip.test_compose import SERVICES
from tests.processes import SECONDS, environment, stop, wait_for

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a service's command; `/tmp` in it is the test's own folder. Stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(service: str, **more: str) -> subprocess.Popen[bytes]:
        command = [part.replace("/tmp", str(tmp_path)) for part in SERVICES[service]["command"]]
        process = subprocess.Popen(command, cwd=ROOT, env=environment(more))
        started.append(process)
        return process

    yield start
    for process in started:
        stop(process)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_web_command_answers_and_stops(run: Callable[..., subprocess.Popen[bytes]]) -> None:
    port = free_port()
    web = run("web", GRANIAN_HOST="127.0.0.1", GRANIAN_PORT=str(port), GRANIAN_BLOCKING_THREADS="2")
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"), web)
    assert answers(f"http://127.0.0.1:{port}/readyz")
    assert stop(web) == 0


def test_worker_command_answers_its_health_check_and_stops(
    run: Callable[..., subprocess.Popen[bytes]],
) -> None:
    worker = run("worker")
    check = SERVICES["worker"]["healthcheck"]["test"][1].replace("$$", "$")

    def healthy() -> bool:
        asked = subprocess.run(
            ["sh", "-c", check], cwd=ROOT, env=environment({}), capture_output=True, timeout=SECONDS
        )
        return asked.returncode == 0 and b"pong" in asked.stdout

    def tells_of_its_engine() -> bool:
        command = [sys.executable, "-m", "celery", "-A", "leadflip", "inspect", "engine", "--json"]
        asked = subprocess.run(command, cwd=ROOT, env=environment({}), capture_output=True, timeout=SECONDS)
        answers = list(json.loads(asked.stdout).values()) if asked.returncode == 0 else []
        return [len(answer["engines"]) for answer in answers] == [1] and answers[0]["due"] == 0

    wait_for(healthy, worker)
    wait_for(tells_of_its_engine, worker)
    assert stop(worker) == 0
    assert not Engine.objects.exists()


def test_beat_command_writes_what_its_health_check_looks_for(
    run: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    beat = run("beat")
    check = SERVICES["beat"]["healthcheck"]["test"][1].replace("$$", "$").replace("/tmp", str(tmp_path))
    wait_for(lambda: subprocess.run(["sh", "-c", check]).returncode == 0, beat)
    assert list(tmp_path.glob("beat-schedule*"))
    assert stop(beat) == 0


def test_migrate_command_ends_well(run: Callable[..., subprocess.Popen[bytes]]) -> None:
    assert run("migrate").wait(60) == 0
