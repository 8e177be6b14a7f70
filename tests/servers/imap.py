"""An IMAP server on loopback (RFC 3501 with UIDPLUS or MOVE, as told), always through TLS.

    with ImapServer(context) as server:
        server.put(b"Subject: Hello\\r\\n\\r\\nText\\r\\n")
        server.on("LOGIN", "NO [AUTHENTICATIONFAILED] Wrong password")

`on` names the answers to the next commands of a verb, after its tag; SILENT waits and DROP closes instead.
"""

import re
import socket
import ssl
import threading
from base64 import b64decode
from collections import defaultdict
from contextlib import suppress
from typing import Self

SILENT, DROP = "silent", "drop"


class ImapServer:
    """`starttls`: begins in clear and offers STARTTLS. `offers`: capabilities beside IMAP4rev1."""

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        starttls: bool = False,
        offers: tuple[str, ...] = ("AUTH=PLAIN", "UIDPLUS", "MOVE"),
        folders: tuple[str, ...] = ("INBOX",),
    ) -> None:
        self.context, self.starttls, self.offers = context, starttls, offers
        self.folders: dict[str, dict[int, bytes]] = {name: {} for name in folders}
        self.commands: list[str] = []
        self.signed_in: list[str] = []
        self.connections = 0
        self._script: dict[str, list[str]] = defaultdict(list)
        self._uid = 100
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A shutdown ends accept() and whatever waits for a client.
        for sock in (self._socket, *self._open):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            sock.close()
        for thread in (self._accepting, *self._threads):
            thread.join(5)

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Mails that came."""
        for mail in mails:
            self._uid += 1
            self.folders[folder][self._uid] = mail

    def on(self, verb: str, *answers: str) -> None:
        """The next answers to a verb."""
        self._script[verb] += answers

    def scripted(self, verb: str) -> str | None:
        """The answer that is due, None for the usual one."""
        return self._script[verb].pop(0) if self._script[verb] else None

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=[connection], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk = _Talk(self, connection)
        with suppress(OSError, EOFError):
            talk.run()
        talk.close()

    def keep(self, sock: socket.socket) -> None:
        """A socket to close at the end."""
        self._open.append(sock)


class _Talk:
    def __init__(self, server: ImapServer, connection: socket.socket) -> None:
        self._server = server
        self._socket = connection
        self._buffer = b""
        self._folder = ""
        server.keep(connection)

    def run(self) -> None:
        if not self._server.starttls:
            self._wrap()
        self._write(self._due("GREETING") or "* OK IMAP4rev1 ready")
        while True:
            tag, _, rest = self._line().partition(" ")
            self._server.commands.append(rest)
            verb, _, words = rest.partition(" ")
            if verb == "UID":
                verb, _, words = words.partition(" ")
            answer = self._due(verb)
            if answer is None:
                answer = getattr(self, f"_{verb.lower()}", self._unknown)(words)
            if isinstance(answer, str):
                self._write(f"{tag} {answer}")
            if verb == "STARTTLS":
                self._wrap()
            if verb == "LOGOUT":
                return

    def close(self) -> None:
        self._socket.close()

    def _capability(self, words: str) -> str:
        offers = [*self._server.offers, *(["STARTTLS"] if self._server.starttls else [])]
        self._write(" ".join(["* CAPABILITY IMAP4rev1", *offers]))
        return "OK done"

    def _starttls(self, words: str) -> str:
        return "OK begin"

    def _authenticate(self, words: str) -> str:
        self._write("+ ")
        self._server.signed_in.append(b64decode(self._line()).decode().replace("\0", " ").strip())
        return self._due("LOGIN") or "OK in"

    def _login(self, words: str) -> str:
        self._server.signed_in.append(words.replace('"', ""))
        return "OK in"

    def _select(self, words: str) -> str:
        name = words.strip('"')
        if name not in self._server.folders:
            return "NO [NONEXISTENT] Unknown mailbox"
        self._folder = name
        self._write(f"* {len(self._mails)} EXISTS")
        return "OK [READ-WRITE] selected"

    def _search(self, words: str) -> str:
        first, _, last = words.partition(":")
        found = list(self._mails)[int(first) - 1 : int(last or first)]
        self._write(" ".join(["* SEARCH", *map(str, found)]))
        return "OK done"

    def _fetch(self, words: str) -> str:
        uid = int(words.split(" ")[0])
        found = re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", words)
        mail = self._mails[uid]
        part = mail[: int(found[1])] if found else mail
        head = f"* 1 FETCH (UID {uid} RFC822.SIZE {len(mail)} BODY[]<0> {{{len(part)}}}\r\n"
        self._socket.sendall(head.encode() + part + b")\r\n")
        return "OK done"

    def _create(self, words: str) -> str:
        self._server.folders[words.strip('"')] = {}
        return "OK created"

    def _copy(self, words: str) -> str:
        uid, _, folder = words.partition(" ")
        target = self._server.folders.get(folder.strip('"'))
        if target is None:
            return "NO [TRYCREATE] No such folder"
        target[int(uid)] = self._mails[int(uid)]
        return "OK copied"

    def _move(self, words: str) -> str:
        answer = self._copy(words)
        if answer.startswith("OK"):
            del self._mails[int(words.split(" ")[0])]
        return answer

    def _store(self, words: str) -> str:
        return "OK stored"

    def _expunge(self, words: str) -> str:
        del self._mails[int(words)]
        return "OK expunged"

    def _logout(self, words: str) -> str:
        self._write("* BYE")
        return "OK bye"

    def _unknown(self, words: str) -> str:
        return "BAD unknown command"

    @property
    def _mails(self) -> dict[int, bytes]:
        return self._server.folders[self._folder]

    def _due(self, verb: str) -> str | None:
        answer = self._server.scripted(verb)
        if answer == DROP:
            raise EOFError
        if answer == SILENT:
            while self._socket.recv(4096):
                pass
            raise EOFError
        return answer

    def _write(self, text: str) -> None:
        self._socket.sendall(text.encode() + b"\r\n")

    def _line(self) -> str:
        while b"\r\n" not in self._buffer:
            data = self._socket.recv(65536)
            if not data:
                raise EOFError
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line.decode()

    def _wrap(self) -> None:
        self._socket = self._server.context.wrap_socket(self._socket, server_side=True)
        self._server.keep(self._socket)
