"""The embedded servers: started, shared, found again, refused. Every test starts real ones."""

import os
import signal
import socketserver
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from leadflip.run import account, ports, process
from leadflip.run.embedded import servers
from leadflip.run.errors import StartError
from leadflip.run.postgres import Postgres
from leadflip.run.state import PROJECT, Place, State
from leadflip.run.valkey import Valkey
from tests.run.conftest import environment, servers_of

pytestmark = pytest.mark.process
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL changes its account only as root")

HOLDER = """
    import sys, time
    from leadflip.run.embedded import servers
    from leadflip.run.state import State
    with servers(State.current(), durable=False):
        print("up", flush=True)
        sys.stdin.read()
"""


def holder(state: State) -> subprocess.Popen[str]:
    """Another process that uses the servers until its input ends."""
    other = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env=environment(state),
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    return other


def leave(other: subprocess.Popen[str]) -> None:
    other.communicate(timeout=60)


def pids(state: State) -> tuple[int | None, int | None]:
    return state.place("postgres").pid, state.place("valkey").pid


def ask(state: State, query: str) -> object:
    url = state.database_url()
    assert url is not None
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(query)
        return answer.fetchone()[0] if answer.description else None  # type: ignore[index] # one row asked for


def broker(state: State) -> redis.Redis:
    url = state.redis_url()
    assert url is not None
    return redis.Redis.from_url(url)


def test_servers_answer_and_stop(state: State) -> None:
    with servers(state, durable=False):
        assert ask(state, "SELECT 1") == 1
        with broker(state) as client:
            assert client.ping()
        running = pids(state)
    assert not any(process.alive(pid) for pid in running if pid is not None)
    assert (state.database_url(), state.redis_url()) == (None, None)
    assert not (Postgres(state, durable=False).data / "postmaster.pid").exists()


def test_servers_refuse_a_wrong_password(state: State) -> None:
    with servers(state, durable=False):
        postgres, valkey = state.place("postgres"), state.place("valkey")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(
                host="127.0.0.1", port=postgres.port or 0, user="leadflip", password="x", dbname="x"
            )
        with (
            redis.Redis(
                host="127.0.0.1", port=valkey.port or 0, password="x", retry=Retry(NoBackoff(), 0)
            ) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()


def test_text_sorts_and_folds_alike_everywhere(state: State) -> None:
    with servers(state, durable=False):
        assert ask(state, "SELECT lower('É') || upper('ß')") == "éß"
        assert ask(state, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert ask(state, "SHOW server_encoding") == "UTF8"
        assert (
            ask(
                state,
                "SELECT extract(hour FROM timestamptz '2026-07-01 00:00Z' AT TIME ZONE 'Europe/Amsterdam')",
            )
            == 2
        )


@pytest.mark.parametrize(("durable", "fsync", "appendonly"), [(True, "on", "yes"), (False, "off", "no")])
def test_durable_data_is_synced(state: State, durable: bool, fsync: str, appendonly: str) -> None:
    with servers(state, durable=durable), broker(state) as client:
        assert ask(state, "SHOW fsync") == fsync
        assert client.config_get("appendonly") == {"appendonly": appendonly}


def test_data_is_kept(state: State) -> None:
    with servers(state, durable=True), broker(state) as client:
        ask(state, "CREATE TABLE kept AS SELECT 7 AS number")
        client.set("kept", "7")
    with servers(state, durable=True), broker(state) as client:
        assert ask(state, "SELECT number FROM kept") == 7
        assert client.get("kept") == b"7"


def test_named_servers_are_not_started(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://user@db.example.com/leads")
    with servers(state, durable=False) as running:
        assert [server.name for server in running] == ["valkey"]
        assert state.database_url() is None
    monkeypatch.setenv("REDIS_URL", "redis://cache.example.com")
    with servers(State(state.root / "none"), durable=False) as running:
        assert not running
    assert not (state.root / "none").exists()


def test_second_user_shares_and_the_last_one_stops(state: State) -> None:
    other = holder(state)
    with servers(state, durable=False):
        before = pids(state)
        leave(other)
        assert ask(state, "SELECT 1") == 1
        assert pids(state) == before
    assert state.database_url() is None


def test_first_user_may_leave_before_the_second(state: State) -> None:
    with servers(state, durable=False):
        other = holder(state)
    assert ask(state, "SELECT 1") == 1
    leave(other)
    assert state.database_url() is None


def test_servers_of_a_killed_process_are_used_and_stopped(state: State) -> None:
    killed = holder(state)
    left = pids(state)
    killed.kill()
    leave(killed)
    assert all(pid is not None and process.alive(pid) for pid in left)
    with servers(state, durable=False):
        assert pids(state) == left
    assert not any(process.alive(pid) for pid in left if pid is not None)


def test_server_that_lost_its_record_is_found(state: State) -> None:
    killed = holder(state)
    left = pids(state)
    killed.kill()
    leave(killed)
    for server in servers_of(state):
        state.put(server.name, Place(state.place(server.name).port))
    with servers(state, durable=False):
        assert pids(state) == left


def test_killed_postgres_recovers(state: State) -> None:
    with servers(state, durable=True):
        ask(state, "CREATE TABLE kept AS SELECT 7 AS number")
        pid, _ = pids(state)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        process.wait(lambda: not process.alive(pid), 10)
    with servers(state, durable=True):
        assert ask(state, "SELECT number FROM kept") == 7


@contextmanager
def stranger(port: int | None) -> Iterator[int]:
    """Another program on that port, which hangs up on everybody."""
    with socketserver.TCPServer((ports.HOST, port or 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_port_that_was_taken_meanwhile_is_left(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socketserver.TCPServer, "allow_reuse_address", True)
    with servers(state, durable=False):
        before = state.place("postgres").port, state.place("valkey").port
    with stranger(before[0]), stranger(before[1]), servers(state, durable=False):
        assert state.place("postgres").port != before[0]
        assert state.place("valkey").port != before[1]
        assert ask(state, "SELECT 1") == 1


def test_foreign_server_on_the_port_is_not_ours(state: State, tmp_path: Path) -> None:
    with servers(state, durable=False):
        stranger = State(tmp_path / "stranger")
        stranger.prepare()
        stranger.put("postgres", state.place("postgres"))
        stranger.put("valkey", state.place("valkey"))
        assert Postgres(stranger, durable=False).running() is None
        assert Valkey(stranger, durable=False).running() is None


def test_other_major_version_is_refused(state: State) -> None:
    with servers(state, durable=True):
        pass
    made_by = Postgres(state, durable=True).data / "PG_VERSION"
    made_by.write_text("17\n")
    with (
        pytest.raises(StartError, match="was made by PostgreSQL 17 and this is PostgreSQL 18"),
        servers(state, durable=True),
    ):
        pytest.fail("started on the data of another version")
    assert made_by.exists()


def test_broken_data_is_named_and_kept(state: State) -> None:
    with servers(state, durable=True):
        pass
    control = Postgres(state, durable=True).data / "global" / "pg_control"
    control.unlink()
    with (
        pytest.raises(StartError, match="The embedded PostgreSQL did not start"),
        servers(state, durable=True),
    ):
        pytest.fail("started without its control file")
    assert control.parent.exists()
    assert state.redis_url() is None


def test_broken_test_data_is_made_anew(state: State) -> None:
    with servers(state, durable=False):
        pass
    (Postgres(state, durable=False).data / "global" / "pg_control").unlink()
    with servers(state, durable=False):
        assert ask(state, "SELECT 1") == 1


def test_half_made_cluster_is_not_taken_for_one(state: State) -> None:
    state.prepare()
    half = Postgres(state, durable=True).home.folder / "new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with servers(state, durable=True):
        assert ask(state, "SELECT 1") == 1
    assert not half.exists()


def test_passwords_are_not_on_the_command_line(state: State) -> None:
    state.prepare()
    words = [word for server in servers_of(state) for word in server.command(1)]
    for server in ("postgres", "valkey"):
        assert not [word for word in words if state.password(server) in word]


def test_log_holds_no_statement(state: State) -> None:
    with servers(state, durable=False) as running:
        with pytest.raises(psycopg.Error):
            ask(state, "SELECT 'planted-value' WHERE 1 / 0 = 1")
        assert "planted-value" not in running[0].log.read_text()
        assert "division by zero" in running[0].log.read_text()


@as_root
def test_root_runs_postgres_as_nobody(state: State) -> None:
    with servers(state, durable=False):
        home = account.home(state)
        assert not home.temporary
        assert home.folder.stat().st_uid == 65534
        pid, _ = pids(state)
        assert Path(f"/proc/{pid}").stat().st_uid == 65534


@as_root
def test_root_where_nobody_cannot_enter(state: State) -> None:
    state.root.parent.chmod(0o700)
    with servers(state, durable=True):
        copy = account.home(state)
        ask(state, "CREATE TABLE kept AS SELECT 7 AS number")
    assert copy.temporary
    with servers(state, durable=True):
        assert account.home(state) == copy
        assert ask(state, "SELECT number FROM kept") == 7
    account.forget(state)
    assert not copy.folder.exists()


@as_root
def test_copy_that_somebody_else_made_is_not_used(state: State, tmp_path: Path) -> None:
    state.root.parent.chmod(0o700)
    state.prepare()
    foreign = tmp_path / "leadflip-foreign"
    foreign.mkdir()
    os.chown(foreign, 65534, 65534)
    state.write(account.RECORD, {"folder": str(foreign)})
    assert account.home(state).folder.parent != foreign
