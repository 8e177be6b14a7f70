"""The sample mailbox: an SMTP server that delivers nothing and remembers what it got."""

import email
from collections import deque
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

MOST = 100
TAKEN = "250 2.0.0 Seen in the sample mailbox"


class Mailbox:
    """The last letters, newest first; in memory, since they hold what was sealed at rest."""

    def __init__(self) -> None:
        self.received: deque[dict[str, Any]] = deque(maxlen=MOST)

    def protocol(self) -> SMTP:
        """What serves one connection."""
        return SMTP(self, hostname="sample-mailbox.example.com", enable_SMTPUTF8=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """A letter has come."""
        letter = email.message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(letter, EmailMessage)
        self.received.appendleft(
            {
                "id": _id(letter),
                "at": datetime.now(UTC).isoformat(),
                "sender": str(letter["From"] or envelope.mail_from),
                "recipients": list(envelope.rcpt_tos),
                "subject": str(letter["Subject"] or ""),
                "text": _text(letter),
            }
        )
        return TAKEN


def _id(letter: EmailMessage) -> str:
    """The part of the Message-ID before the @: the job's id."""
    return str(letter["Message-ID"] or "").strip("<> ").partition("@")[0]


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain", "html"))
    return body.get_content() if body is not None else ""
