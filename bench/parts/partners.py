"""The receiver as the driver sees it."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.parts.processes import running, wait_for

COMMAND = [sys.executable, "-m", "bench.parts.receiver"]


@dataclass(frozen=True)
class Came:
    """One request: when (Unix time), to which path, under which webhook-id."""

    at: float
    path: str
    id: str


class Partners:
    """Asks the receiver what came."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, path: str) -> str:
        """The address of one partner."""
        return f"http://127.0.0.1:{self.port}{path}"

    def count(self) -> int:
        """How many requests came since the last reset."""
        return int(self._ask("/count"))

    def quick(self) -> int:
        """How many came to /ok/… since the last reset."""
        return int(self._ask("/quick"))

    def reset(self) -> None:
        """Forgets what came."""
        self._ask("/reset")

    def came(self) -> list[Came]:
        """All that came since the last reset, in order."""
        return [Came(*row) for row in self._ask("/books")["came"]]

    def peak(self) -> int:
        """The most requests that were being answered at one time."""
        return int(self._ask("/books")["peak"])

    def open(self) -> int:
        """How many are being answered now."""
        return int(self._ask("/books")["open"])

    def wait(self, count: int, seconds: float = 120) -> None:
        """Returns once so many came."""
        wait_for(lambda: self.count() >= count, f"{count} requests at the receiver", seconds)

    def _ask(self, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def partners() -> Iterator[Partners]:
    """A receiver for as long as the measure runs."""
    with running("receiver", COMMAND, output=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("The receiver did not start: its log is receiver.log in the state folder.")
        yield Partners(int(line))
