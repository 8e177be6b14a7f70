"""The embedded PostgreSQL: its programs are started directly, over TCP on loopback."""

import os
import re
import shutil
import signal
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from leadflip.run import account
from leadflip.run.errors import StartError
from leadflip.run.server import Server
from leadflip.run.state import DATABASE, HOST, USER

# Any platform sorts and folds case alike: no locale of the system's own is used.
INITDB = (
    "--auth=scram-sha-256",
    "--no-sync",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--encoding=UTF8",
)
SETTINGS = (
    f"listen_addresses={HOST}",
    # A socket's path may be too long in a deep checkout.
    "unix_socket_directories=",
    "timezone=UTC",
    "log_timezone=UTC",
    # Statements and details carry lead values.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
)
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres(Server):
    """PostgreSQL over `<state>/postgres/data`."""

    name = "postgres"
    title = "PostgreSQL"
    # Fast shutdown: SIGTERM would wait for every client to leave.
    stop_signal = signal.SIGINT
    port_taken = "could not create any TCP/IP sockets"

    @cached_property
    def home(self) -> account.Home:
        return account.home(self.state)

    @property
    def data(self) -> Path:
        return self.home.folder / "data"

    def ensure(self) -> bool:
        try:
            started = super().ensure()
        except StartError:
            # Data written without fsync need not survive a crash of the machine.
            if self.durable or not self.data.exists():
                raise
            shutil.rmtree(self.data)
            started = super().ensure()
        self._make_database()
        return started

    def prepare(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
            return
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = self._version()
        if made_by != ours:
            raise StartError(
                f"{self.data} was made by PostgreSQL {made_by} and this is PostgreSQL {ours}: take a "
                "pg_dumpall with the old version and load it after `make reset`, or give the data up with it."
            )

    def command(self, port: int) -> list[str]:
        settings = SETTINGS if self.durable else SETTINGS + FORGETFUL
        options = [word for setting in settings for word in ("-c", setting)]
        return [str(self.home.programs / "postgres"), "-D", str(self.data), "-p", str(port), *options]

    def popen_options(self) -> dict[str, Any]:
        return account.popen_options()

    def answering(self, port: int) -> int | None:
        try:
            with self._connect(port):
                return self._postmaster()
        except psycopg.Error:
            return None

    def _connect(self, port: int) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=HOST,
            port=port,
            user=USER,
            password=self.state.password(self.name),
            dbname="postgres",
            connect_timeout=2,
            autocommit=True,
        )

    def _postmaster(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _make_database(self) -> None:
        port = self.state.place(self.name).port
        assert port is not None
        with self._connect(port) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _version(self) -> str:
        answer = self._run([self.home.programs / "postgres", "--version"])
        found = re.search(r"\) (\d+)", answer.stdout)
        return found.group(1) if found else answer.stdout.strip()

    def _initialise(self) -> None:
        """initdb beside the final place, then rename: a half-made cluster is never taken for one."""
        fresh = self.home.folder / "new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.home.folder / "password"
        try:
            self._hand_over(password)
            answer = self._run(
                [
                    self.home.programs / "initdb",
                    "-D",
                    fresh,
                    f"--username={USER}",
                    f"--pwfile={password}",
                    *INITDB,
                ]
            )
        finally:
            password.unlink(missing_ok=True)
        if answer.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise StartError(f"initdb could not make {self.data}: {_last_line(answer.stderr)}")
        fresh.replace(self.data)

    def _hand_over(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.state.password(self.name))
        owner = account.unprivileged()
        if owner is not None:
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            check=False,
            **account.popen_options(),
        )


def _last_line(said: str) -> str:
    errors = [line for line in said.splitlines() if "error" in line or "FATAL" in line]
    lines = errors or [line for line in said.splitlines() if line.strip()]
    return lines[0].strip() if lines else "it said nothing"
