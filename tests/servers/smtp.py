"""An SMTP server on loopback that does what a test tells it, and remembers what it was told.

    with SmtpServer() as server:
        server.on("RCPT b@example.com", "550 5.1.1 Nobody here")
        server.on("DATA", "451 Later", times=1)

A verb's answers are taken in turn, then the usual one holds; `times=None` holds for ever. Verbs are
those of the protocol, GREETING, and "." for the letter; SILENT waits and DROP closes instead of answering.
"""

import re
import socket
import ssl
import threading
from base64 import b64decode
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

SILENT, DROP = "silent", "drop"
USUAL = {
    "GREETING": "220 localhost ready",
    "STARTTLS": "220 Go ahead",
    "AUTH": "235 2.7.0 Welcome",
    "RSET": "250 Flushed",
    "MAIL": "250 Sender taken",
    "RCPT": "250 Recipient taken",
    "DATA": "354 End with a dot",
    ".": "250 2.0.0 Queued",
    "QUIT": "221 Bye",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter that was taken: `options` are those of MAIL FROM."""

    sender: str
    options: str
    recipients: tuple[str, ...]
    data: bytes


class SmtpServer:
    """`implicit` speaks TLS from the start; `starttls` offers it. Without either: in clear."""

    def __init__(
        self,
        *,
        implicit: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        offers: tuple[str, ...] = (),
    ) -> None:
        self.implicit, self.starttls = implicit, starttls
        self.offers = offers
        self.mails: list[Mail] = []
        self.commands: list[str] = []
        self.signed_in: list[str] = []
        self.hellos: list[bool] = []  # one an EHLO: whether it came through TLS
        self.connections = 0
        self.most_open = 0
        self.most_ahead = 0  # commands that had come beside the one being answered
        self.waiting = threading.Event()  # set when SILENT begins
        self._script: dict[str, list[str]] = defaultdict(list)
        self._always: dict[str, str] = {}
        self._talks: dict[_Talk, threading.Thread] = {}
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A connection of our own ends accept().
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        self._socket.close()
        self._accepting.join(5)
        self.hang_up()

    def on(self, verb: str, *answers: str, times: int | None = 1) -> None:
        """The next answers to a verb, or to one verb with an address ("RCPT a@example.com")."""
        if times is None:
            self._always[verb] = answers[0]
        self._script[verb] += list(answers) * (times or 0)

    def hang_up(self) -> None:
        """Closes all connections, as servers do with idle ones, and waits for them to end."""
        with self._lock:
            talks = dict(self._talks)
        for talk, thread in talks.items():
            talk.cut()
            thread.join(5)

    def count(self, verb: str) -> int:
        """How often a command that begins so was heard."""
        return sum(command.upper().startswith(verb.upper()) for command in self.commands)

    def answer(self, verb: str, address: str = "", usual: str = "") -> str:
        """The answer that is due."""
        for key in (f"{verb} {address}", verb):
            if self._script[key]:
                return self._script[key].pop(0)
            if key in self._always:
                return self._always[key]
        return usual or USUAL.get(verb, "502 Unknown")

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            talk = _Talk(self, connection)
            thread = threading.Thread(target=self._serve, args=[talk], daemon=True)
            with self._lock:
                self.connections += 1
                self._talks[talk] = thread
                self.most_open = max(self.most_open, len(self._talks))
            thread.start()

    def _serve(self, talk: "_Talk") -> None:
        try:
            with suppress(OSError, EOFError):
                talk.run()
        finally:
            talk.close()
            with self._lock:
                self._talks.pop(talk, None)


class _Talk:
    """One connection."""

    def __init__(self, server: SmtpServer, connection: socket.socket) -> None:
        self._server = server
        self._socket = connection
        self._secure = False
        self._buffer = b""
        self._sender = self._options = ""
        self._recipients: list[str] = []
        self._verbs = {
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
        }

    def run(self) -> None:
        if self._server.implicit:
            self._wrap(self._server.implicit)
        self._say("GREETING")
        command = ""
        while command.upper() != "QUIT":
            command = self._line()
            self._server.commands.append(command)
            self._server.most_ahead = max(self._server.most_ahead, self._buffer.count(b"\r\n"))
            verb = command.split(" ", 1)[0].upper()
            if verb in self._verbs:
                self._verbs[verb](command)
            else:
                self._say(verb)

    def cut(self) -> None:
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()

    def _ehlo(self, command: str) -> None:
        self._server.hellos.append(self._secure)
        lines = ["localhost", *self._server.offers]
        if self._server.starttls and not self._secure:
            lines.append("STARTTLS")
        usual = "".join(f"250-{line}\r\n" for line in lines) + "250 HELP"
        self._say("EHLO", usual=usual)

    def _starttls(self, command: str) -> None:
        if self._say("STARTTLS").startswith("220") and self._server.starttls:
            self._wrap(self._server.starttls)

    def _auth(self, command: str) -> None:
        mechanism, *first = command.split(" ")[1:]
        if mechanism == "PLAIN":
            said = b64decode(first[0]).decode().replace("\0", " ").strip()
        else:
            said = f"{self._ask('VXNlcm5hbWU6')} {self._ask('UGFzc3dvcmQ6')}"
        self._server.signed_in.append(said)
        self._say("AUTH")

    def _ask(self, what: str) -> str:
        self._write(f"334 {what}")
        return b64decode(self._line()).decode()

    def _mail(self, command: str) -> None:
        self._sender, self._options = _path(command)
        self._recipients = []
        self._say("MAIL")

    def _rcpt(self, command: str) -> None:
        address, _ = _path(command)
        if self._say("RCPT", address).startswith("2"):
            self._recipients.append(address)

    def _data(self, command: str) -> None:
        if not self._say("DATA").startswith("354"):
            return
        lines = []
        while (line := self._raw()) != b".":
            lines.append(line.removeprefix(b"."))
        letter = b"".join(line + b"\r\n" for line in lines)
        if self._say(".").startswith("2"):
            self._server.mails.append(Mail(self._sender, self._options, tuple(self._recipients), letter))

    def _say(self, verb: str, address: str = "", *, usual: str = "") -> str:
        answer = self._server.answer(verb, address, usual)
        if answer == DROP:
            raise EOFError
        if answer == SILENT:
            self._server.waiting.set()
            while self._socket.recv(4096):
                pass
            raise EOFError
        self._write(answer)
        return answer

    def _write(self, text: str) -> None:
        self._socket.sendall(text.encode() + b"\r\n")

    def _line(self) -> str:
        return self._raw().decode(errors="replace")

    def _raw(self) -> bytes:
        while b"\r\n" not in self._buffer:
            data = self._socket.recv(65536)
            if not data:
                raise EOFError
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line

    def _wrap(self, context: ssl.SSLContext) -> None:
        self._socket = context.wrap_socket(self._socket, server_side=True)
        self._secure = True


def _path(command: str) -> tuple[str, str]:
    """The address of MAIL FROM or RCPT TO, and the options after it."""
    found = re.fullmatch(r"\w+ \w+:<(.*?)> ?(.*)", command)
    assert found, command
    return found[1], found[2]
