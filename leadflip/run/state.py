"""The state folder: what a running installation keeps beside its checkout.

`.leadflip/` in the project, or the folder that LEADFLIP_STATE names. It holds the data of the
embedded servers, their passwords and ports, the generated keys, logs and process ids. Everything
in it is readable by its owner alone. No Django here: settings read it.
"""

import base64
import json
import os
import pwd
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from leadflip.run.errors import StartError
from leadflip.run.locks import Lock
from leadflip.run.process import alive

PROJECT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
USER = DATABASE = "leadflip"
ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Place:
    """Where an embedded server listens; without a pid it is stopped and the port is its last one."""

    port: int | None = None
    pid: int | None = None


@dataclass(frozen=True)
class State:
    """Typed access to one state folder."""

    root: Path

    @classmethod
    def current(cls) -> Self:
        """The folder that LEADFLIP_STATE names (from the project, when relative), or `.leadflip/`."""
        return cls(PROJECT / (os.environ.get("LEADFLIP_STATE") or ".leadflip"))

    def prepare(self) -> None:
        """Make the folder, for its owner alone, and refuse one that belongs to somebody else."""
        if not self.root.exists():
            self.root.mkdir(parents=True)
            # As root the servers' own account must pass through to its data folder.
            self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        owner = self.root.stat().st_uid
        if owner != os.geteuid():
            raise StartError(
                f"{self.root} belongs to {_account(owner)} and this runs as {_account(os.geteuid())}: "
                f"run it as {_account(owner)}, or set LEADFLIP_STATE to a folder of your own."
            )
        (self.root / "log").mkdir(mode=0o700, exist_ok=True)

    def lock(self, name: str) -> Lock:
        """The lock `name` of this folder."""
        return Lock(self.root / f"{name}.lock")

    def read(self, name: str) -> dict[str, Any]:
        """What `<name>.json` holds; empty when it is missing."""
        try:
            data: dict[str, Any] = json.loads((self.root / f"{name}.json").read_text())
        except FileNotFoundError:
            return {}
        return data

    def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Replace `<name>.json` in one step, readable by the owner alone."""
        self._replace(f"{name}.json", json.dumps(data, indent=2) + "\n")

    def password(self, server: str) -> str:
        """The server's password, made at the first call."""
        path = self.root / f"{server}.password"
        if not path.exists():
            with self.lock("secrets"):
                if not path.exists():
                    self._replace(path.name, secrets.token_urlsafe(24))
        return path.read_text()

    def keys(self) -> Mapping[str, Any]:
        """SECRET_KEY, ENCRYPTION_KEYS and DIGEST_KEYS (lists, newest first), made at the first call."""
        if not self.read("keys"):
            self.prepare()
            with self.lock("secrets"):
                if not self.read("keys"):
                    self.write("keys", _new_keys())
        return self.read("keys")

    def take_environment(self) -> None:
        """Set what `make run` shares with every command of this folder; the environment itself wins."""
        for name, value in self.read(ENVIRONMENT).items():
            os.environ.setdefault(name, value)

    def place(self, server: str) -> Place:
        """Where `server` ("postgres", "valkey") listens or listened last."""
        return Place(**self.read(server))

    def put(self, server: str, place: Place) -> None:
        """Record where `server` listens."""
        self.write(server, {"port": place.port, "pid": place.pid})

    def database_url(self) -> str | None:
        """Address of the embedded PostgreSQL while it runs, password included."""
        place = self.place("postgres")
        if place.pid is None or not alive(place.pid):
            return None
        return f"postgres://{USER}:{self.password('postgres')}@{HOST}:{place.port}/{DATABASE}"

    def redis_url(self, database: int = 0) -> str | None:
        """Address of the embedded Valkey while it runs, password included."""
        place = self.place("valkey")
        if place.pid is None or not alive(place.pid):
            return None
        return f"redis://:{self.password('valkey')}@{HOST}:{place.port}/{database}"

    def _replace(self, name: str, text: str) -> None:
        # mkstemp makes the file with mode 0600.
        fd, temporary = tempfile.mkstemp(dir=self.root, prefix=f".{name}.")
        try:
            with os.fdopen(fd, "w") as file:
                file.write(text)
            os.replace(temporary, self.root / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _new_keys() -> dict[str, Any]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": [base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()],
        "DIGEST_KEYS": [base64.b64encode(secrets.token_bytes(32)).decode()],
    }


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
