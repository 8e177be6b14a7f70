"""Keeps the processes up until a signal, then stops them in reverse order."""

import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType

from leadflip.run import process
from leadflip.run.child import Child, Spec
from leadflip.run.embedded import Servers
from leadflip.run.state import State

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TURN_SECONDS = 0.2


class Stopped(BaseException):
    """Raised in the main thread by the first signal: whatever is under way unwinds."""


class Supervisor:
    """The processes of one installation."""

    def __init__(self, state: State, say: Callable[[str], None]) -> None:
        self._state = state
        self._say = say
        self._children: list[Child] = []

    def catch_signals(self) -> None:
        """From here on the first signal raises Stopped; a second one kills what has not ended yet."""
        self._catch(self._first_signal)

    def start(self, specs: Sequence[Spec], report: Callable[[str, float], None]) -> None:
        """Start all at once, and wait for each; raises StartError when one does not come up."""
        began = time.monotonic()
        for spec in specs:
            child = Child(spec, self._state)
            self._children.append(child)
            child.start()
        for child in self._children[-len(specs) :]:
            child.wait_ready()
            report(child.spec.name, time.monotonic() - began)

    def watch(self, servers: Servers, each_turn: Callable[[], None]) -> None:
        """Stay until a signal; start again what ends."""
        while True:
            for server in servers:
                if not _lives(server.state, server.name):
                    self._say(f"{server.title} ended, starting it again. Its log: {server.log}")
                    server.ensure()
            for child in self._children:
                news = child.tend()
                if news:
                    self._say(news)
            each_turn()
            time.sleep(TURN_SECONDS)

    def stop(self) -> None:
        """Stop all, the last one first. A signal meanwhile kills what has not ended yet."""
        self._catch(self._second_signal)
        for child in reversed(self._children):
            if not child.spec.outlives:
                child.ask()
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    def _catch(self, handler: Callable[[int, FrameType | None], None]) -> None:
        for number in SIGNALS:
            signal.signal(number, handler)

    def _first_signal(self, number: int, frame: FrameType | None) -> None:
        self._catch(self._second_signal)
        raise Stopped

    def _second_signal(self, number: int, frame: FrameType | None) -> None:
        for child in self._children:
            child.kill()


def _lives(state: State, server: str) -> bool:
    pid = state.place(server).pid
    return pid is not None and process.alive(pid)
