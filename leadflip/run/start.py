"""`make run`: everything up, in order, until Ctrl+C."""

import os
import time

from leadflip.run import named, ports, prepare, processes, terminal
from leadflip.run.child import stop_leftovers
from leadflip.run.embedded import Servers, plain_errors, servers
from leadflip.run.postgres import Postgres
from leadflip.run.state import State
from leadflip.run.supervise import Stopped, Supervisor
from leadflip.run.terminal import phase, say

RECORD = "run"
FIRST_ADMIN = "First admin: .venv/bin/python manage.py createsuperuser"
STOP = "Stop: Ctrl+C (data stays)   Fresh start: make reset   Settings: README"


def run(state: State) -> None:
    """Start and stay up. Says where it runs, and returns, when it runs already. Raises StartError."""
    clock = terminal.Clock()
    with plain_errors(state):
        state.prepare()
        lock = state.lock(RECORD)
    if not lock.try_exclusive():
        _say_where(state)
        return
    supervisor = Supervisor(state, say)
    supervisor.catch_signals()
    try:
        _run(state, supervisor, clock)
    except Stopped:
        say("Stopped.")
    finally:
        lock.release()


def _run(state: State, supervisor: Supervisor, clock: terminal.Clock) -> None:
    named.check_database_url()
    port = ports.for_web()
    processes.environment(port)
    phase("environment", clock.seconds())
    stop_leftovers(state)
    with servers(state, durable=True, report=phase) as running:
        try:
            _bring_up(state, supervisor, port)
            _say_all(state, running, port, clock)
            supervisor.watch(running, lambda: None)
        except Stopped:
            say("Stopping …")
            raise
        finally:
            prepare.leave()
            supervisor.stop()
            state.write(RECORD, {})


def _bring_up(state: State, supervisor: Supervisor, port: int) -> None:
    began = time.monotonic()
    prepare.settings()
    prepare.system()
    prepare.migrate()
    phase("migrate", time.monotonic() - began)
    supervisor.start(processes.product(state, port), phase)


def _say_all(state: State, running: Servers, port: int, clock: terminal.Clock) -> None:
    state.write(RECORD, {"port": port, "pid": os.getpid()})
    say(terminal.ready(port, clock.seconds()))
    for server in running:
        if isinstance(server, Postgres) and server.home.temporary:
            say(
                f"  The data is in {server.home.folder} and does not outlive a restart of this machine: "
                "PostgreSQL does not run as root, and `nobody` cannot enter this folder. Run as an ordinary "
                "user to keep it."
            )
    if named.named("DATABASE_URL"):
        say(f"  {FIRST_ADMIN}")
    say(STOP)


def _say_where(state: State) -> None:
    known = state.read(RECORD)
    if known:
        say(
            f"{terminal.NAME} runs already at {terminal.address(known['port'])} (process {known['pid']}). "
            "Stop it with Ctrl+C in its terminal."
        )
    else:
        say(f"{terminal.NAME} is being started or stopped by another make run: wait for it.")
