"""One connection to the account's server: smtplib's conversation, under deadlines.

smtplib sets a time-out for each read from the socket; a server that drips a byte at a time would
pass it for ever. Here every command ends at a moment.
"""

import smtplib
import socket
import ssl
import time
from contextlib import suppress

from delivery.smtp.errors import Phase, Refused, Reply
from delivery.smtp.limits import Limits

MOST_BYTES = 64 * 1024  # of one answer
GO_ON = 354
LOST = (OSError, smtplib.SMTPException)  # what a broken connection raises
FAREWELL = 1  # second


class Lines:
    """A link's lines, each read until the link's moment. Takes the place of smtplib's file."""

    def __init__(self, link: "Link") -> None:
        self._link = link
        self._buffer = bytearray()
        self._read = 0

    def readline(self, most: int) -> bytes:
        """One line, what came before the end, or b"" at the end."""
        while not (end := self._buffer.find(b"\n") + 1) and len(self._buffer) < most and self._fill():
            pass
        cut = min(end or len(self._buffer), most)
        line = bytes(self._buffer[:cut])
        del self._buffer[:cut]
        return line

    def _fill(self) -> bool:
        data = self._link.armed().recv(4096)
        self._read += len(data)
        if self._read > MOST_BYTES:
            raise ConnectionAbortedError
        self._buffer += data
        return bool(data)

    def begin(self) -> None:
        """Another command: its answer may be as long again. What an earlier one left is dropped."""
        self._read = 0
        self._buffer.clear()

    def close(self) -> None:
        """smtplib calls it; the socket is closed beside it."""


class Link(smtplib.SMTP):
    """A conversation with one server. Its methods raise LOST, or Refused with the server's answer."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(local_hostname="")
        self._limits = limits
        self._end = self._moment = 0.0
        self.sock: socket.socket | None = None
        self.peer = ""
        self.reused = False
        self.letters = 0
        self.idle_since = 0.0

    def start(self) -> None:
        """Begins a letter's time: all up to the final dot must end in it."""
        self._end = time.monotonic() + self._limits.before

    def open(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Connects, with TLS from the start if there is a context, and reads the greeting."""
        self.sock = self._connected(host, port)
        if tls is not None:
            self.sock = tls.wrap_socket(self.armed(), server_hostname=host)
        self.local_hostname = _literal(self.sock)
        self.file = Lines(self)
        self._begin(self._limits.command)
        self.expect(Phase.GREETING, self.getreply())

    def hello(self) -> None:
        """EHLO, and what the server offers."""
        self.expect(Phase.EHLO, self.ehlo())

    def secure(self, host: str, tls: ssl.SSLContext) -> None:
        """STARTTLS, then EHLO anew, since what was offered in clear is not to be trusted."""
        self.expect(Phase.STARTTLS, self.docmd("STARTTLS"))
        self._begin(self._limits.connect)
        self.sock = tls.wrap_socket(self.armed(), server_hostname=host)
        self.file = Lines(self)
        self.hello()

    def body(self, data: bytes) -> None:
        """DATA and the letter, all but the final dot."""
        reply = Reply.of(Phase.DATA, self.docmd("DATA"))
        if reply.code != GO_ON:
            raise Refused(reply)
        self._moment = self._end
        self.send(stuffed(data))

    def dot(self) -> Reply:
        """The final dot and its answer. Whoever loses the link in here knows nothing."""
        self._end = self._moment = time.monotonic() + self._limits.after
        self.send(b".\r\n")
        self.letters += 1
        return Reply.of(Phase.DATA, self.getreply())

    def expect(self, phase: Phase, answer: tuple[int, bytes]) -> Reply:
        """The answer. Raises Refused unless it is a 2xx."""
        reply = Reply.of(phase, answer)
        if not reply.good:
            raise Refused(reply)
        return reply

    def part(self) -> None:
        """Says QUIT, if that goes quickly, and closes."""
        with suppress(*LOST):
            self._end = time.monotonic() + FAREWELL
            self.docmd("QUIT")
        self.close()

    def abort(self) -> None:
        """Breaks the conversation off, from another thread: what waits for an answer ends at once."""
        sock = self.sock
        if sock is not None:
            with suppress(OSError):
                # Past SSLSocket's own method, which would forget its session under the reader's feet.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def armed(self) -> socket.socket:
        """The socket, which waits until the present moment at most."""
        left = self._moment - time.monotonic()
        if self.sock is None:
            raise ConnectionAbortedError
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        return self.sock

    def putcmd(self, cmd: str, args: str = "") -> None:
        self._begin(self._limits.command)
        super().putcmd(cmd, args)

    def send(self, s: "bytes | str") -> None:  # type: ignore[override]  # typeshed knows more buffers
        data = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        try:
            while data:
                data = data[self.armed().send(data) :]
        except OSError:
            self.close()
            raise

    def _begin(self, seconds: float) -> None:
        self._moment = min(time.monotonic() + seconds, self._end)
        if isinstance(self.file, Lines):
            self.file.begin()

    def _connected(self, host: str, port: int) -> socket.socket:
        self._begin(self._limits.connect)
        error: OSError = ConnectionRefusedError()
        for family, kind, proto, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            self.sock = socket.socket(family, kind, proto)
            try:
                # The final dot is a write of its own and must not wait for the body's acknowledgement.
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.armed().connect(address)
                self.peer = str(address[0])
                return self.sock
            except OSError as caught:
                error = caught
                self.close()
        raise error


def stuffed(data: bytes) -> bytes:
    """A letter as DATA wants it: CRLF only, a dot before each dot that begins a line, CRLF at the end."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)


def _literal(sock: socket.socket) -> str:
    """Our name for EHLO: the address literal of RFC 5321, 4.1.3, since it needs no look-up."""
    address = str(sock.getsockname()[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
