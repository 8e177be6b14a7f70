"""What an SMTP answer or a lost connection means: one error family each, in our own words.

Until recipients are named, a refusal speaks of our account, after that of one letter.
"""

import socket
import ssl
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _

from delivery.channels.base import Answer, Configuration, DeliveryError, Permanent, Temporary

FLOOR = 60  # seconds: greylists and busy servers want at least that
TOO_LARGE = 552


class Phase(StrEnum):
    """How far a conversation has come."""

    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    RSET = "RSET"
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    QUIT = "QUIT"


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer to one phase."""

    phase: Phase
    code: int
    text: str = field(repr=False)

    @classmethod
    def of(cls, phase: Phase, answer: tuple[int, bytes]) -> "Reply":
        """A code and the bytes after it."""
        return cls(phase, answer[0], answer[1].decode("utf-8", "replace"))

    @property
    def good(self) -> bool:
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.phase}: {self.code} {self.text}"


class Refused(Exception):
    """An answer that is not the one hoped for."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.phase)
        self.reply = reply


def account_error(reply: Reply, host: str, answer: Answer) -> DeliveryError:
    """For a refusal before recipients are named."""
    facts = {"host": host, "phase": reply.phase, "code": reply.code}
    if reply.code == TOO_LARGE:
        text = _("%(host)s takes no letter of this size (%(phase)s, 552).") % facts
        return Permanent("smtp_5xx", text, answer=answer, endpoint=False)
    if reply.phase == Phase.AUTH and reply.code >= 500:
        text = _("%(host)s refused user or password (%(code)d): mend them in the SMTP account.") % facts
        return Configuration("auth", text, answer=answer)
    if reply.code in (530, 535):
        text = _("%(host)s wants a sign-in (%(code)d): set user and password in the SMTP account.") % facts
        return Configuration("auth", text, answer=answer)
    if 500 <= reply.code < 600:
        text = _("%(host)s refused our account at %(phase)s (%(code)d): mend the SMTP account.") % facts
        return Configuration("smtp_5xx", text, answer=answer)
    return _for_now(reply, facts, answer)


def _for_now(reply: Reply, facts: dict[str, object], answer: Answer) -> DeliveryError:
    if 400 <= reply.code < 500:
        text = _("%(host)s put us off at %(phase)s (%(code)d).") % facts
        return Temporary("smtp_4xx", text, answer=answer, floor=FLOOR)
    text = _("%(host)s does not answer as an SMTP server does (%(phase)s).") % facts
    return Temporary("protocol", text, answer=answer, floor=FLOOR)


def no_starttls(host: str) -> DeliveryError:
    """The server does not offer what the account demands."""
    text = _("%(host)s offers no STARTTLS: choose TLS from the start in the SMTP account, or another port.")
    return Configuration("tls", text % {"host": host})


def no_mechanism(host: str) -> DeliveryError:
    """The server offers no way to sign in that we know."""
    text = _("%(host)s offers no sign-in by PLAIN or LOGIN: use another port, or empty the user.")
    return Configuration("auth", text % {"host": host})


def no_ca_file() -> DeliveryError:
    """SMTP_CA_FILE cannot be used."""
    return Configuration("settings", _("SMTP_CA_FILE names no readable file of certificates (PEM)."))


def lost(error: BaseException, host: str) -> DeliveryError:
    """For a connection that was not made, or broke, before the final dot."""
    if isinstance(error, ssl.SSLCertVerificationError):
        text = _("%(host)s has a certificate that is not trusted: %(why)s.")
        return Configuration("tls", text % {"host": host, "why": error.verify_message})
    error_class, text = _kind(error)
    return Temporary(error_class, text % {"host": host}, floor=FLOOR)


def _kind(cause: BaseException) -> tuple[str, str]:
    if isinstance(cause, socket.gaierror):
        return "dns", _("No address is known for %(host)s.")
    if isinstance(cause, TimeoutError):
        return "timeout", _("%(host)s did not answer in time.")
    if isinstance(cause, ConnectionRefusedError):
        return "refused", _("%(host)s refused the connection.")
    if isinstance(cause, ssl.SSLError):
        return "tls", _("%(host)s does not speak TLS on this port.")
    return "reset", _("%(host)s closed the connection.")


def is_timeout(error: BaseException) -> bool:
    """Whether an answer did not come in time."""
    return isinstance(error, TimeoutError)
