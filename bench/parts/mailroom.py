"""The mail server of a measure: takes each letter as fast as Python can, and counts.

`python -m bench.parts.mailroom` prints its port. XCOUNT tells how many letters came, XRESET forgets them.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop

from bench.parts.processes import running, wait_for

COMMAND = [sys.executable, "-m", "bench.parts.mailroom"]
HOST = "127.0.0.1"
OK = b"250 2.0.0 OK\r\n"
ANSWERS = {
    b"EHLO": b"250-mailroom\r\n250-SIZE 10485760\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"DATA": b"354 End with a dot\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
END = b"\r\n.\r\n"


class Room:
    """How many letters came."""

    def __init__(self) -> None:
        self.count = 0


class Clerk(asyncio.Protocol):
    """One connection."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._data = b""
        self._in_letter = False
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's transport writes
        self._transport.write(b"220 mailroom ready\r\n")

    def data_received(self, data: bytes) -> None:
        self._data += data
        while self._step():
            pass

    def _step(self) -> bool:
        end = END if self._in_letter else b"\r\n"
        at = self._data.find(end)
        if at < 0:
            return False
        line, self._data = self._data[:at], self._data[at + len(end) :]
        self._transport.write(self._answer(line))
        return True

    def _answer(self, line: bytes) -> bytes:
        if self._in_letter:
            self._in_letter = False
            self._room.count += 1
            return OK
        verb = line[:4].upper()
        self._in_letter = verb == b"DATA"
        if line == b"XRESET":
            self._room.count = 0
        return b"250 %d\r\n" % self._room.count if line == b"XCOUNT" else ANSWERS.get(verb, OK)


class Mailroom:
    """The server as the driver sees it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def count(self) -> int:
        """How many letters came since the last reset."""
        return int(self._ask(b"XCOUNT").split()[1])

    def reset(self) -> None:
        """Forgets what came."""
        self._ask(b"XRESET")

    def wait(self, count: int, seconds: float = 120) -> None:
        """Returns once so many came."""
        wait_for(lambda: self.count() >= count, f"{count} letters at the mailroom", seconds)

    def _ask(self, what: bytes) -> bytes:
        with socket.create_connection((HOST, self.port), timeout=30) as link, link.makefile("rb") as lines:
            lines.readline()
            link.sendall(what + b"\r\n")
            return lines.readline()


@contextmanager
def mailroom() -> Iterator[Mailroom]:
    """A mail server for as long as the measure runs."""
    with running("mailroom", COMMAND, output=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("The mailroom did not start: its log is mailroom.log in the state folder.")
        yield Mailroom(int(line))


async def serve() -> None:
    """Listens on a free port, says it, and serves until it is ended."""
    room = Room()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Clerk(room), HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(uvloop.run(serve()))
