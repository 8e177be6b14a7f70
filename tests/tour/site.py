"""A sample installation as `make run` starts it, in a state folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leadflip.run import ports
from leadflip.run.errors import StartError
from leadflip.run.sample.demo import Demo
from leadflip.run.state import PROJECT, State

SECONDS = 180
READY = "Stop: Ctrl+C"


@dataclass(frozen=True)
class Site:
    """A running installation: its address and what signs in there."""

    address: str
    demo: Demo


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Runs meanwhile, with Django set up on its database. Raises StartError."""
    port = ports.free()
    # As root the database's own account passes through.
    folder.chmod(0o711)
    os.environ.update(
        LEADFLIP_STATE=str(folder / "state"), PORT=str(port), DATABASE_URL="", REDIS_URL="", SMTP_URL=""
    )
    log = folder / "run.log"
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "leadflip.run"], cwd=PROJECT, stdout=out, stderr=out
        )
    try:
        _wait(running, log)
        _use_django()
        demo = Demo.known(State.current())
        assert demo is not None
        # By its name: passkeys know no address of digits.
        yield Site(f"http://localhost:{port}", demo)
    finally:
        running.terminate()
        running.wait(60)


def _wait(running: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while READY not in log.read_text():
        if running.poll() is not None or time.monotonic() > deadline:
            raise StartError(f"The sample installation did not start:\n{log.read_text()}")
        time.sleep(0.2)


def _use_django() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "leadflip.settings"
    # Playwright's loop makes Django think that this is no synchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()
