"""One connection to the account's server: commands out, answers in, each until its moment.

A time-out for each read would let a server that drips a byte at a time go on for ever.
"""

import asyncio
import socket
import ssl
import time
from collections import deque
from contextlib import suppress

from delivery.smtp.errors import Phase, Refused, Reply
from delivery.smtp.limits import Limits

MOST_BYTES = 64 * 1024  # of the answers to what was written last
GO_ON = 354
LOST = OSError  # what a broken connection raises, a time-out and TLS among it
FAREWELL = 1  # second


class Link(asyncio.Protocol):
    """A conversation with one server. Its methods raise LOST, or Refused with the server's answer."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._end = 0.0
        self._buffer = bytearray()
        self._read = 0
        self._text: list[bytes] = []
        self._answers: deque[tuple[int, bytes]] = deque()
        self._lost: OSError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._full = False
        self.features: dict[str, str] = {}
        self.peer = ""
        self.reused = False
        self.clean = True  # no transaction is open
        self.letters = 0
        self.idle_since = 0.0

    def start(self) -> None:
        """Begins a letter's time: all up to the final dot must end in it."""
        self._end = time.monotonic() + self._limits.before

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Connects, with TLS from the start if there is a context, and reads the greeting."""
        async with asyncio.timeout(self._left(self._limits.connect)):
            sock = await self._connected(host, port)
            name = host if tls else None
            await self._loop.create_connection(lambda: self, sock=sock, ssl=tls, server_hostname=name)
        self.good(await self.answer(Phase.GREETING))

    async def hello(self) -> None:
        """EHLO, and what the server offers."""
        said = self.good(await self.ask(Phase.EHLO, f"EHLO {self._literal()}"))
        self.features = offered(said.text)

    async def secure(self, host: str, tls: ssl.SSLContext) -> None:
        """STARTTLS, then EHLO anew, since what was offered in clear is not to be trusted."""
        self.good(await self.ask(Phase.STARTTLS, "STARTTLS"))
        # What came in clear after that answer is nobody's: it must not pass for what TLS protects.
        self._forget()
        clear = self._open()
        async with asyncio.timeout(self._left(self._limits.connect)):
            self._transport = await self._loop.start_tls(clear, self, tls, server_hostname=host)
        await self.hello()

    def write(self, *commands: str) -> None:
        """Sends commands, a line each. Raises ValueError for one with a line end in it."""
        if any("\r" in command or "\n" in command for command in commands):
            raise ValueError("A command holds a line end.")
        self._send("".join(f"{command}\r\n" for command in commands).encode())

    async def answer(self, phase: Phase) -> Reply:
        """The next answer, whatever it says."""
        moment = min(time.monotonic() + self._limits.command, self._end)
        while not self._answers:
            await self._wait(moment)
        return Reply.of(phase, self._answers.popleft())

    async def ask(self, phase: Phase, command: str) -> Reply:
        """One command and its answer."""
        self.write(command)
        return await self.answer(phase)

    async def body(self, data: bytes) -> None:
        """The letter after DATA was answered, all but the final dot."""
        self._send(stuffed(data))
        while self._full and not self._answers:
            await self._wait(self._end)

    async def dot(self) -> Reply:
        """The final dot and its answer. Whoever loses the link in here knows nothing."""
        self._end = time.monotonic() + self._limits.after
        self.letters += 1
        self._send(b".\r\n")
        try:
            while not self._answers:
                await self._wait(self._end)
        except asyncio.CancelledError:
            if not self._answers:
                raise
        return Reply.of(Phase.DATA, self._answers.popleft())

    def good(self, reply: Reply) -> Reply:
        """The same. Raises Refused unless it is a 2xx."""
        if not reply.good:
            raise Refused(reply)
        return reply

    @property
    def gone(self) -> bool:
        """Whether it cannot be used for another letter: closed, or it said something unasked."""
        return self._transport is None or self._transport.is_closing() or bool(self._answers or self._buffer)

    async def part(self) -> None:
        """Says QUIT, if that goes quickly, and closes."""
        with suppress(LOST):
            self._end = time.monotonic() + FAREWELL
            await self.ask(Phase.QUIT, "QUIT")
        self.close()

    def close(self) -> None:
        """Breaks off, whatever is under way: what waits for an answer raises LOST."""
        if self._transport is not None:
            self._transport.abort()
        self._lose(ConnectionAbortedError())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's transport writes
        self.peer = str(transport.get_extra_info("peername")[0])

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(exc if isinstance(exc, OSError) else ConnectionResetError())

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    def data_received(self, data: bytes) -> None:
        self._read += len(data)
        if self._read > MOST_BYTES:
            return self.close()
        self._buffer += data
        while (end := self._buffer.find(b"\n") + 1) > 0:
            self._hear(bytes(self._buffer[:end]))
            del self._buffer[:end]
        if self._answers:
            self._wake()
        return None

    def _hear(self, line: bytes) -> None:
        """One line; the last of an answer has no dash after its code. No code: -1."""
        code = int(line[:3]) if line[:3].isdigit() else -1
        self._text.append(line[4:].strip())
        if code < 0 or line[3:4] != b"-":
            self._answers.append((code, b"\n".join(self._text)))
            self._text = []

    async def _wait(self, moment: float) -> None:
        """Until something happens on the link."""
        if self._lost is not None:
            raise self._lost
        left = moment - time.monotonic()
        if left <= 0:
            raise TimeoutError
        waiter = self._waiter = self._loop.create_future()
        timer = self._loop.call_later(left, _late, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _lose(self, error: OSError) -> None:
        self._lost = self._lost or error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self._lost)

    def _send(self, data: bytes) -> None:
        self._read = 0
        self._open().write(data)

    def _open(self) -> asyncio.Transport:
        if self._lost is not None:
            raise self._lost
        if self._transport is None or self._transport.is_closing():
            raise ConnectionAbortedError
        return self._transport

    def _forget(self) -> None:
        self._buffer.clear()
        self._text.clear()
        self._answers.clear()

    def _left(self, seconds: float) -> float:
        return min(seconds, max(self._end - time.monotonic(), 0))

    async def _connected(self, host: str, port: int) -> socket.socket:
        error: OSError = ConnectionRefusedError()
        for family, kind, proto, _name, address in await self._loop.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind, proto)
            try:
                sock.setblocking(False)
                # What is written last must not wait for the acknowledgement of what went before.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await self._loop.sock_connect(sock, address)
                return sock
            except BaseException as caught:
                sock.close()
                if not isinstance(caught, OSError):
                    raise
                error = caught
        raise error

    def _literal(self) -> str:
        """Our name for EHLO: the address literal of RFC 5321, 4.1.3, since it needs no look-up."""
        address = str(self._open().get_extra_info("sockname")[0])
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def offered(text: str) -> dict[str, str]:
    """What EHLO's answer offers: keyword in small letters → its parameters. "AUTH=" is how old ones write."""
    features: dict[str, str] = {}
    for line in text.split("\n")[1:]:
        name, _blank, more = line.strip().replace("=", " ", 1).partition(" ")
        key = name.lower()
        features[key] = f"{features.get(key, '')} {more}".strip()
    return features


def stuffed(data: bytes) -> bytes:
    """A letter as DATA wants it: CRLF only, a dot before each dot that begins a line, CRLF at the end."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
    dotted = (b"\n" + lines).replace(b"\n.", b"\n..")[1:]
    return dotted.replace(b"\n", b"\r\n") + b"\r\n"


def _late(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
