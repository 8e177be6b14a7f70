"""The web process, and a website that posts its leads to it."""

import http.client
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from bench.parts.processes import running, wait_for
from leadflip.run import ports
from leadflip.run.loopback import open_url

THREADS = "8"


class Website:
    """Posts over one kept connection."""

    def __init__(self, port: int, key: str, group: int) -> None:
        self.port = port
        self.key = key
        self.group = group
        self._connection = http.client.HTTPConnection(ports.HOST, port, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(self, lead: dict[str, object]) -> tuple[float, UUID]:
        """The moment before the request, and the lead's id. Raises RuntimeError for a refusal."""
        body = json.dumps(lead).encode()
        began = time.time()
        self._connection.request("POST", "/api/intake", body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"Intake answered {answer.status}: {said.decode(errors='replace')[:300]}")
        return began, UUID(json.loads(said)["lead_id"])


@contextmanager
def website(
    key: str, *, app: str = "leadflip.wsgi:application", name: str = "web", worker: bool = False
) -> Iterator[Website]:
    """A granian that answers, beside the worker's core or on it; its process group is `group`."""
    port = ports.free()
    command = [sys.executable, "-m", "granian", app, "--interface", "wsgi"]
    command += ["--host", ports.HOST, "--port", str(port), "--http", "1", "--no-ws"]
    command += ["--blocking-threads", THREADS]
    with running(name, command, worker=worker) as child:
        wait_for(lambda: _answers(port), f"the start of {name}")
        yield Website(port, key, child.pid)


def _answers(port: int) -> bool:
    try:
        with open_url(f"http://{ports.HOST}:{port}/healthz", 2.0) as answer:
            return answer.status == 200
    except OSError:
        return False
