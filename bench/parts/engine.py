"""Our engine as the worker starts it: `manage.py deliver`, alone on the worker's core."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connection

from bench.parts.processes import running, wait_for

COMMAND = [sys.executable, "-m", "django", "deliver", "--settings", "leadflip.settings"]
LISTENING = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leadflip listen' AND state = 'idle'"
)


@contextmanager
def engine(environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """An engine that listens already; killed at the end, so give it time to settle first."""
    with running("engine", COMMAND, worker=True, environment=environment) as process:
        wait_for(lambda: _ready(process), "the engine's start")
        yield process
    wait_for(lambda: not _listening(), "the engine's connections end")


def _ready(process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"The engine ended with {process.returncode}: see engine.log in the state folder.")
    return _listening()


def _listening() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(LISTENING)
        (count,) = cursor.fetchone()
    return bool(count)
