"""One process that the supervisor keeps up: started, recorded, started again, stopped."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from leadflip.run import logfile, process
from leadflip.run.errors import StartError
from leadflip.run.state import PROJECT, State

# How Python ends a traceback.
ERROR = re.compile(r"[\w.]+(Error|Exception|Configured)\b")
RECORD = "children"
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
# Up for so long, and the next end counts as a first one.
SETTLED_SECONDS = 60.0
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Spec:
    """What to run. `ready` says whether it does its work yet; `grace` is its time to end, in seconds.

    One that `outlives` is stopped only after the others have ended: they may be talking to it.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    grace: float = 15.0
    environment: Mapping[str, str] = field(default_factory=dict)
    outlives: bool = False


class Child:
    """A process in a session of its own, so that Ctrl+C reaches the supervisor alone."""

    def __init__(self, spec: Spec, state: State) -> None:
        self.spec = spec
        self.log = state.root / "log" / f"{spec.name}.log"
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._log_began = 0
        self._ends = 0
        self._due: float | None = None

    def start(self) -> None:
        """Start it and write its id down for a later start that finds us gone."""
        logfile.turn(self.log)
        self._log_began = logfile.size(self.log)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.spec.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=PROJECT,
                start_new_session=True,
                env={**os.environ, **self.spec.environment},
            )
        self._began = time.monotonic()
        self._due = None
        pid = self._process.pid
        _record(self._state, self.spec.name, {"pid": pid, "birth": process.birth(pid)})

    def wait_ready(self) -> None:
        """Wait until it does its work; StartError with its last words when it ends or takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        assert self._process is not None
        while self._process.poll() is None and time.monotonic() < deadline:
            if self.spec.ready():
                return
            time.sleep(process.POLL)
        raise StartError(f"{self.spec.name} did not start: {self.last_words()} (log: {self.log})")

    def tend(self) -> str | None:
        """Start it again when it has ended and its pause is over; what happened, in words."""
        assert self._process is not None
        if self._due is not None:
            return self._restart() if time.monotonic() >= self._due else None
        code = self._process.poll()
        if code is None:
            return None
        process.kill_group(self._process.pid)
        if time.monotonic() - self._began > SETTLED_SECONDS:
            self._ends = 0
        pause = PAUSES[min(self._ends, len(PAUSES) - 1)]
        self._ends += 1
        self._due = time.monotonic() + pause
        return f"{self.spec.name} ended ({_how(code)}), again in {pause:.0f} s. Its log: {self.log}"

    def ask(self) -> None:
        """Ask it to end, and do not wait."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        """End it and everything that it started."""
        if self._process is not None:
            process.end_group(self._process.pid, signal.SIGTERM, self.spec.grace)
            # Waited for by its id above; Popen has to hear of it.
            self._process.returncode = 0
            self._process = None
        _record(self._state, self.spec.name, None)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            process.kill_group(self._process.pid)

    def last_words(self) -> str:
        """The last error that it logged since its start, or the last line without one."""
        said = logfile.lines(logfile.since(self.log, self._log_began))
        errors = [line for line in said if ERROR.match(line)]
        return (errors or said or ["it said nothing"])[-1]

    def _restart(self) -> str:
        self.start()
        return f"{self.spec.name} started again"


def stop_leftovers(state: State) -> None:
    """End what a killed supervisor left running: ids on record, proved by their time of birth."""
    for name, known in state.read(RECORD).items():
        if known["birth"] is not None and process.birth(known["pid"]) == known["birth"]:
            process.end_group(known["pid"], signal.SIGTERM, Spec.grace)
        _record(state, name, None)


def _record(state: State, name: str, entry: Mapping[str, object] | None) -> None:
    known = state.read(RECORD)
    known.pop(name, None)
    state.write(RECORD, {**known, name: entry} if entry is not None else known)


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
