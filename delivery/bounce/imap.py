"""One look into an IMAP mailbox: so many mails, each handed over and then moved, within a time in all."""

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from delivery.bounce.take import MOST_BYTES
from delivery.channels.base import DeliveryError
from delivery.models import BounceBox
from delivery.smtp.opening import tls_context

CONNECT_SECONDS = 10
MOST_MAILS = 200
# One answer's literal: a mail cut to MOST_BYTES, and what a server may add.
MOST_LITERAL = MOST_BYTES + 1024
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")


class MailboxError(Exception):
    """The mailbox could not be read. The text is ours, with the server's own words in it."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where to look, and where to move what was read."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    processed: str = "Processed"
    ca_file: str = ""


# Takes one mail, cut to MOST_BYTES, and its whole size.
Take = Callable[[bytes, int], object]


def look(box: Mailbox, take: Take, *, seconds: float, most: int = MOST_MAILS) -> int:
    """How many mails were taken and moved. Raises MailboxError, and what `take` raises.

    A mail that was taken and not moved comes again at the next look; `take` must know it then.
    """
    with _told(box), _signed_in(box, seconds) as link:
        count = 0
        for uid in link.first(most):
            raw, size = link.mail(uid)
            take(raw, size)
            link.move(uid, box.processed)
            count += 1
        return count


class _Watch:
    """Ends a conversation when its time is over, whatever the server does."""

    def __init__(self, seconds: float) -> None:
        self.late = False
        self.sock: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.late = True
        if self.sock is not None:
            with suppress(OSError):
                # Past SSLSocket's own method, which would forget its session under the reader's feet.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Link(imaplib.IMAP4):
    """imaplib's conversation with bounds: of a connection's time and of an answer's size."""

    def __init__(self, box: Mailbox, watch: _Watch) -> None:
        self._box = box
        self._watch = watch
        super().__init__(box.host, box.port, timeout=CONNECT_SECONDS)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        sock = self._watch.sock = socket.create_connection((self.host, self.port), timeout)
        if self._box.security != BounceBox.Security.TLS:
            return sock
        # The handshake apart, so that the watch can end it too.
        secured = tls_context(self._box.ca_file).wrap_socket(
            sock, server_hostname=self.host, do_handshake_on_connect=False
        )
        self._watch.sock = secured
        try:
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured

    def read(self, size: int) -> bytes:
        if size > MOST_LITERAL:
            raise self.abort(f"a literal of {size} bytes")
        return super().read(size)

    def sign_in(self) -> None:
        """By PLAIN where it is offered, which has no trouble with letters beyond ASCII; else by LOGIN."""
        if self._box.security == BounceBox.Security.STARTTLS:
            self.starttls(tls_context(self._box.ca_file))
            self._watch.sock = self.sock
        user, password = self._box.user, self._box.password
        if "AUTH=PLAIN" in self.capabilities:
            self.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
        elif user.isascii() and password.isascii():
            self.login(user, password)
        else:
            raise self.error(_("it offers no sign-in for a password with letters beyond ASCII"))
        # What is offered may differ after the sign-in.
        self._get_capabilities()

    def first(self, most: int) -> list[str]:
        """The UIDs of the folder's first mails."""
        kind, said = self.select(f'"{self._box.folder}"')
        self.ask(kind, said)
        count = int(said[0] or 0)
        if not count:
            return []
        self._can_move()
        found = self.ask(*self.uid("SEARCH", f"1:{min(count, most)}"))
        return b" ".join(part for part in found if part).decode("ascii").split()

    def mail(self, uid: str) -> tuple[bytes, int]:
        """A mail, cut to MOST_BYTES and not marked as read, and its whole size."""
        parts = self.ask(*self.uid("FETCH", uid, f"(RFC822.SIZE BODY.PEEK[]<0.{MOST_BYTES}>)"))
        raw = next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")
        heads = b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in parts)
        size = _SIZE.search(heads)
        return raw, int(size[1]) if size else len(raw)

    def move(self, uid: str, folder: str) -> None:
        """Out of the folder, into the other one, which is made where it is missing."""
        kind, said = self._move(uid, f'"{folder}"')
        if kind != "OK":
            self.ask(*self.create(f'"{folder}"'))
            kind, said = self._move(uid, f'"{folder}"')
        self.ask(kind, said)

    def _move(self, uid: str, folder: str) -> tuple[str, list[Any]]:
        if "MOVE" in self.capabilities:
            return self.uid("MOVE", uid, folder)
        kind, said = self.uid("COPY", uid, folder)
        if kind == "OK":
            self.ask(*self.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))
            kind, said = self.uid("EXPUNGE", uid)
        return kind, said

    def _can_move(self) -> None:
        # A bare EXPUNGE would also remove what somebody else has marked.
        if "MOVE" not in self.capabilities and "UIDPLUS" not in self.capabilities:
            raise self.error(_("it knows neither MOVE nor UIDPLUS, so mails cannot be moved safely"))

    def ask(self, kind: str, said: list[Any]) -> list[Any]:
        """What was said, where that is OK."""
        if kind != "OK":
            raise self.error(said[-1] if said else kind)
        return said


@contextmanager
def _signed_in(box: Mailbox, seconds: float) -> Iterator[_Link]:
    """A link that breaks when the time is over."""
    with _Watch(seconds) as watch:
        try:
            link = _Link(box, watch)
            try:
                link.sign_in()
                yield link
            finally:
                _leave(link)
        except (OSError, imaplib.IMAP4.error):
            if watch.late:
                raise TimeoutError from None
            raise


def _leave(link: _Link) -> None:
    with suppress(OSError, imaplib.IMAP4.error):
        link.logout()
    with suppress(OSError):
        link.shutdown()


@contextmanager
def _told(box: Mailbox) -> Iterator[None]:
    try:
        yield
    except DeliveryError as error:
        raise MailboxError(error.text) from None
    except ssl.SSLCertVerificationError as error:
        text = _("%(host)s has a certificate that is not trusted: %(why)s.")
        raise MailboxError(text % {"host": box.host, "why": error.verify_message}) from None
    except TimeoutError:
        raise MailboxError(_("%s did not answer in time.") % box.host) from None
    except socket.gaierror:
        raise MailboxError(_("No address is known for %s.") % box.host) from None
    except imaplib.IMAP4.error as error:
        text = _("%(host)s said: %(said)s")
        raise MailboxError(text % {"host": box.host, "said": _words(error, box)}) from None
    except OSError as error:
        text = _("%(host)s cannot be talked to: %(why)s.")
        raise MailboxError(text % {"host": box.host, "why": error.strerror or "…"}) from None


def _words(error: Exception, box: Mailbox) -> str:
    """The server's own words in one line, without our password."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    text = " ".join(text.split())[:300]
    return text.replace(box.password, "•••") if box.password else text
