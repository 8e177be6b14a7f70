"""`make run`: everything up, in order, until Ctrl+C."""

import os
import time
from collections.abc import Callable

from leadflip.run import block, named, ports, prepare, processes, terminal
from leadflip.run.child import stop_leftovers
from leadflip.run.embedded import plain_errors, servers
from leadflip.run.sample.demo import Demo
from leadflip.run.state import ENVIRONMENT, State
from leadflip.run.supervise import Stopped, Supervisor
from leadflip.run.terminal import phase, say

RECORD = "run"


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
        with plain_errors(state):
            _run(state, supervisor, clock)
    except Stopped:
        say("Stopped.")
    finally:
        lock.release()


def _run(state: State, supervisor: Supervisor, clock: terminal.Clock) -> None:
    named.check_database_url()
    port = ports.for_web()
    phase("environment", clock.seconds())
    stop_leftovers(state)
    demo = processes.environment(state, port)
    with servers(state, durable=True, report=phase) as running:
        try:
            _prepare(demo)
            supervisor.start(processes.every(state, port, demo), phase)
            outcomes = _first_leads(state, port, demo)
            state.write(RECORD, {"port": port, "pid": os.getpid()})
            say(terminal.ready(port, clock.seconds()))
            for line in block.lines(running, demo, outcomes):
                say(line)
            supervisor.watch(running, _news(demo))
        except Stopped:
            say("Stopping …")
            raise
        finally:
            prepare.leave()
            supervisor.stop()
            state.write(RECORD, {})
            state.write(ENVIRONMENT, {})


def _prepare(demo: Demo | None) -> None:
    began = time.monotonic()
    prepare.settings()
    prepare.system()
    prepare.migrate()
    phase("migrate", time.monotonic() - began)
    if demo is not None:
        # Not at the top: models can be imported only now.
        from leadflip.run.sample.load import load

        began = time.monotonic()
        load(demo)
        phase("sample data", time.monotonic() - began)


def _first_leads(state: State, port: int, demo: Demo | None) -> list[str]:
    """Post the sample leads if there is none yet; what became of them."""
    if demo is None:
        return []
    from leadflip.run.sample.post import outcomes, post

    began = time.monotonic()
    leads = post(terminal.address(port), demo)
    said = list(outcomes(state, leads)) if leads else []
    if leads:
        phase("first leads", time.monotonic() - began)
    return said


def _news(demo: Demo | None) -> Callable[[], None]:
    if demo is None:
        return lambda: None
    from leadflip.run.news import News

    return News(say).tell


def _say_where(state: State) -> None:
    known = state.read(RECORD)
    if known:
        say(
            f"{terminal.NAME} runs already at {terminal.address(known['port'])} (process {known['pid']}). "
            "Stop it with Ctrl+C in its terminal."
        )
    else:
        say(f"{terminal.NAME} is being started or stopped by another make run: wait for it.")
