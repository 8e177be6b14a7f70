"""`make reset`: stop what runs, remove the state folder with all its data."""

import shutil

from leadflip.run import account
from leadflip.run.child import stop_leftovers
from leadflip.run.embedded import plain_errors, stop
from leadflip.run.errors import StartError
from leadflip.run.postgres import Postgres
from leadflip.run.state import State
from leadflip.run.terminal import say
from leadflip.run.valkey import Valkey


def reset(state: State) -> None:
    """Remove `state` and the states of test runs in it; StartError while any of them is used."""
    if not state.root.exists():
        say(f"Nothing to remove: there is no {state.root}.")
        return
    every = [state, *(State(folder) for folder in sorted(state.root.glob("test*")) if folder.is_dir())]
    for each in every:
        _refuse_used(each)
    with plain_errors(state):
        for each in reversed(every):
            _remove(each)
    say(f"Removed {state.root}.")


def _refuse_used(state: State) -> None:
    state.prepare()
    for name, who in (("run", "make run"), ("tests", "a test run"), ("users", "a command")):
        lock = state.lock(name)
        if not lock.try_exclusive():
            raise StartError(f"{who} is using {state.root}: stop it first (Ctrl+C in its terminal).")
        lock.release()


def _remove(state: State) -> None:
    stop_leftovers(state)
    if (state.root / "postgres.json").exists():
        stop([Postgres(state, durable=True), Valkey(state, durable=True)])
    account.forget(state)
    shutil.rmtree(state.root)
