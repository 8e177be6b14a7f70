"""What both embedded servers have in common: start, recognise one's own, stop."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from typing import Any

from leadflip.run import logfile, ports, process
from leadflip.run.errors import StartError
from leadflip.run.state import Place, State

PORTS_TRIED = 5
START_SECONDS = 60.0
STOP_SECONDS = 30.0


class Server(ABC):
    """One embedded server over one state folder."""

    name: str
    title: str
    stop_signal: signal.Signals
    port_taken: str

    def __init__(self, state: State, *, durable: bool) -> None:
        self.state = state
        self.durable = durable
        self.log = state.root / "log" / f"{self.name}.log"

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder where it is missing; raises StartError when it cannot be used."""

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """The command that serves on `port`."""

    @abstractmethod
    def answering(self, port: int) -> int | None:
        """The process id of the server on `port`, if it takes our password and so is ours."""

    def popen_options(self) -> dict[str, Any]:
        """What Popen needs besides: account, environment."""
        return {}

    def standard_input(self) -> bytes:
        """What the server reads at its start."""
        return b""

    def running(self) -> int | None:
        """The process id of our server, also of one left behind by a killed process."""
        port = self.state.place(self.name).port
        return None if port is None else self.answering(port)

    def ensure(self) -> bool:
        """Start the server, or go on with our own that runs already (False)."""
        pid = self.running()
        if pid is not None:
            self.state.put(self.name, Place(self.state.place(self.name).port, pid))
            return False
        self.prepare()
        self._start()
        return True

    def stop(self) -> None:
        """Stop our server, whoever started it; nothing when none answers with our password."""
        pid = self.running()
        if pid is not None:
            process.end(pid, self.stop_signal, STOP_SECONDS)
        self.state.put(self.name, Place(self.state.place(self.name).port))

    def _start(self) -> None:
        logfile.turn(self.log)
        port = self.state.place(self.name).port or ports.free()
        for _ in range(PORTS_TRIED):
            # The port is on record before the server is: one that we lose sight of can be found.
            self.state.put(self.name, Place(port))
            said = self._try(port)
            if said is None:
                return
            if self.port_taken not in said:
                raise StartError(self._why(said))
            port = ports.free()
        raise StartError(
            f"The embedded {self.title} found no free port on {ports.HOST} in {PORTS_TRIED} tries: try again."
        )

    def _try(self, port: int) -> str | None:
        """Start on `port`; what the server said if it ended, None if it answers."""
        begin = logfile.size(self.log)
        server = self._spawn(port)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if server.poll() is not None:
                return logfile.since(self.log, begin)
            if self.answering(port) == server.pid:
                self.state.put(self.name, Place(port, server.pid))
                # Watched by its id from here on: who stops it need not be who started it.
                server.returncode = 0
                return None
            time.sleep(process.POLL)
        server.kill()
        server.wait()
        return f"no answer in {START_SECONDS:.0f} s"

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            server = subprocess.Popen(
                self.command(port),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.defpath},
                **self.popen_options(),
            )
        assert server.stdin is not None
        with server.stdin:
            server.stdin.write(self.standard_input())
        return server

    def _why(self, said: str) -> str:
        lines = logfile.lines(said)
        telling = [line for line in lines if "FATAL" in line or "Fatal" in line or "#" in line] or lines
        last = telling[0] if telling else "it ended without a word"
        return f"The embedded {self.title} did not start: {last} (log: {self.log})"
