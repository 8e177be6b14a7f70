"""A PostgreSQL of its own. Routers are killed, never the server: so it need not sync each commit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from leadflip.run import prepare
from leadflip.run.embedded import servers
from leadflip.run.errors import StartError
from leadflip.run.reset import reset
from leadflip.run.state import PROJECT, State

FOLDER = PROJECT / ".leadflip" / "proof"
LOG = FOLDER / "log" / "routers.log"
ENVIRONMENT = {
    "LEADFLIP_STATE": str(FOLDER),
    # Empty: the embedded servers, whatever a .env file says.
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "SMTP_URL": "",
    "DEMO": "0",
    "LOG_LEVEL": "WARNING",
    "DJANGO_SETTINGS_MODULE": "leadflip.settings",
}


@contextmanager
def ground() -> Iterator[None]:
    """Empty tables; the log of the last run stays. Raises StartError."""
    os.environ.update(ENVIRONMENT)
    os.chdir(PROJECT)
    state = State(FOLDER)
    reset(state)
    state.prepare()
    lock = state.lock("run")
    if not lock.try_exclusive():
        raise StartError("Another make proof-caps runs in this checkout: wait for its end.")
    try:
        with servers(state, durable=False):
            prepare.settings()
            prepare.migrate()
            try:
                yield
            finally:
                prepare.leave()
    finally:
        lock.release()
