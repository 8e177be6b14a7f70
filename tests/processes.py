"""Real processes of the product, run by a test against its own database and servers."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection

SECONDS = 30


def database_url() -> str:
    where = connection.settings_dict
    return f"postgres://{where['USER']}:{where['PASSWORD']}@{where['HOST']}:{where['PORT']}/{where['NAME']}"


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """What the container would have, but for the addresses of the servers."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
        "DIGEST_KEYS": ",".join(settings.DIGEST_KEYS),
        **more,
    }


def stop(process: subprocess.Popen[bytes]) -> int:
    """The exit code after SIGTERM, within the time that the container has."""
    process.terminate()
    try:
        return process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def wait_for(what: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS
    while not what():
        assert process.poll() is None, f"it ended with {process.returncode}"
        assert time.monotonic() < deadline, f"nothing after {SECONDS} s"
        time.sleep(0.05)
