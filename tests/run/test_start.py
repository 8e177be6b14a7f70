"""`make run` itself, from the first line to the last process."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import psycopg
import pytest

from leadflip.run import ports, process
from leadflip.run.child import RECORD
from leadflip.run.embedded import servers
from leadflip.run.state import PROJECT, State
from tests.run.conftest import environment

pytestmark = pytest.mark.process

KEYS = ("SECRET_KEY", "ENCRYPTION_KEYS", "DIGEST_KEYS")


class Run:
    """A `make run` of this state folder, without make."""

    def __init__(self, state: State, **named: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "leadflip.run"],
            cwd=PROJECT,
            env=environment(state, **named),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.output: IO[str] = self.process.stdout

    def wait_until(self, words: str) -> str:
        """The output up to a line that holds `words`."""
        said = ""
        for line in self.output:
            said += line
            if words in line:
                return said
        raise AssertionError(f"it ended without {words!r}:\n{said}")

    def end(self, number: signal.Signals) -> str:
        """Send a signal, wait, and say what it still printed."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=60)[0]


@pytest.fixture
def runs(state: State) -> Iterator[list[Run]]:
    every: list[Run] = []
    yield every
    for each in every:
        if each.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                each.end(signal.SIGTERM)
            process.kill_group(each.process.pid)
        each.output.close()


def start(runs: list[Run], state: State, **named: str) -> Run:
    runs.append(Run(state, **named))
    return runs[-1]


def children(state: State) -> list[int]:
    return [known["pid"] for known in state.read(RECORD).values()]


def everything(state: State) -> list[int]:
    every = [*children(state), state.place("postgres").pid, state.place("valkey").pid]
    return [pid for pid in every if pid is not None]


def post_lead(url: str, state: State) -> None:
    lead = {"entity": "solar-lead", "first_name": "A", "last_name": "B", "email": "three@example.com"}
    headers = {"Authorization": f"Bearer {state.read('demo')['api_key']}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(lead).encode(), headers)) as answer:
        assert answer.status == 200


def refuse(state: State, **named: str) -> str:
    """What a start that stops says at the end."""
    answer = subprocess.run(
        [sys.executable, "-m", "leadflip.run"],
        cwd=PROJECT,
        env=environment(state, **named),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1, answer.stderr
    return answer.stderr


def test_run_from_the_first_start_to_nothing_left(runs: list[Run], state: State) -> None:
    first = start(runs, state)
    said = first.wait_until("is running (ready in")
    for name in ("environment", "PostgreSQL", "Valkey", "migrate", "web", "worker", "beat"):
        assert re.search(rf"^  {name} +\d+\.\d s$", said, re.MULTILINE)
    address = re.search(r"start at (http://127.0.0.1:\d+/)", said)
    assert address is not None
    block = first.wait_until("Stop: Ctrl+C (data stays)")
    assert re.search(r"^  webhook delivered  204 in \d+ ms, signature ✓$", block, re.MULTILINE)
    assert re.search(r"^  email   delivered  250 in \d+ ms, seen in the sample mailbox$", block, re.MULTILINE)
    assert re.search(r"^  portal  delivered  in the partner's feed$", block, re.MULTILINE)
    with urllib.request.urlopen(f"{address[1]}readyz") as answer:
        assert answer.status == 200

    post_lead(f"{address[1]}api/intake", state)
    first.wait_until("  webhook delivered  204 in ")

    second = start(runs, state)
    assert f"runs already at {address[1]} (process {first.process.pid})" in second.output.read()
    assert second.process.wait(60) == 0

    killed = everything(state)
    first.end(signal.SIGKILL)
    assert all(process.alive(pid) for pid in killed)

    third = start(runs, state)
    assert "first leads" not in third.wait_until("is running (ready in")
    assert not any(process.alive(pid) for pid in killed[:3])

    web = state.read(RECORD)["web"]["pid"]
    os.kill(web, signal.SIGKILL)
    third.wait_until("web started again")

    groups = children(state)
    running = everything(state)
    assert third.end(signal.SIGINT).endswith("Stopped.\n")
    assert third.process.returncode == 0
    assert not any(process.alive(pid) for pid in running)
    assert not any(process.group_alive(group) for group in groups)


def test_named_database_has_no_sample(runs: list[Run], state: State) -> None:
    """The named server is an embedded one of another folder: what a person would set up by hand."""
    with servers(state, durable=False):
        url = state.database_url()
        assert url is not None
        keys = {key: value if isinstance(value, str) else value[0] for key, value in state.keys().items()}
        own = State(state.root / "own")
        run = start(runs, own, DATABASE_URL=url, PYTHONDONTWRITEBYTECODE="1", **keys)
        said = run.wait_until("Stop: Ctrl+C")
        assert "First admin: .venv/bin/python manage.py createsuperuser" in said
        assert "PostgreSQL" not in said
        assert run.end(signal.SIGTERM).endswith("Stopped.\n")
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM partners_user").fetchone() == (0,)
        # Compiled modules are kept, though not beside the sources.
        assert list((own.root / "bytecode").rglob("settings.*.pyc"))


@pytest.mark.parametrize("missing", KEYS)
def test_named_database_without_a_key(state: State, missing: str) -> None:
    keys = {key: value if isinstance(value, str) else value[0] for key, value in state.keys().items()}
    del keys[missing]
    said = refuse(state, DATABASE_URL="postgres://leads@127.0.0.1:1/leads", **keys)
    assert said.startswith(f"{missing} is not set")
    assert "python -c" in said


def test_database_that_is_not_there(state: State) -> None:
    port = ports.free()
    keys = {key: value if isinstance(value, str) else value[0] for key, value in state.keys().items()}
    said = refuse(state, DATABASE_URL=f"postgres://leads:hidden@127.0.0.1:{port}/leads", **keys)
    assert said.startswith("DATABASE_URL: ")
    assert "Connection refused" in said
    assert "Mend DATABASE_URL" in said
    assert "hidden" not in said


def test_database_that_refuses_the_password(state: State) -> None:
    with servers(state, durable=False):
        port = state.place("postgres").port
        keys = {key: value if isinstance(value, str) else value[0] for key, value in state.keys().items()}
        said = refuse(state, DATABASE_URL=f"postgres://leadflip:wrong@127.0.0.1:{port}/leadflip", **keys)
    assert "password authentication failed" in said


def test_broker_that_is_not_there(state: State) -> None:
    said = refuse(state, REDIS_URL=f"redis://127.0.0.1:{ports.free()}/0")
    assert said.startswith("REDIS_URL: ")
    assert "Start that server" in said


def test_named_port_that_is_taken(state: State) -> None:
    with socket.socket() as taken:
        taken.bind((ports.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} is taken" in refuse(state, PORT=str(port))
    assert state.database_url() is None


def test_state_folder_that_is_a_file(state: State) -> None:
    state.root.write_text("")
    assert f"{state.root}" in refuse(state)
