"""The letter as bytes (RFC 5322, MIME), the same for the same job and moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from delivery.letter.clean import display_name
from delivery.letter.headers import encoded, line, listed, mailbox

# Every part in ASCII, so that no server needs 8BITMIME.
POLICY = SMTP.clone(cte_type="7bit")
# Robots need not answer; delivery reports (DR) are wanted.
SUPPRESS = "OOF, AutoReply, NRN, RN"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written: `subject` in one line, `html` beside `text` or ""."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)


def build(letter: Letter, *, job: UUID, to: Sequence[str], at: datetime) -> bytes:
    """The letter without From and Message-ID, which come from the account (`signed`).

    `to` are addresses with ASCII domains. One with a local part beyond ASCII is not named in the
    header, so that the letter itself needs no SMTPUTF8; its envelope does.
    """
    message = EmailMessage(policy=POLICY)
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
        message.set_boundary(f"=_{job.hex}")
    head = (
        line("To", listed([address for address in to if address.isascii()])),
        line("Subject", encoded(letter.subject)),
        line("Date", format_datetime(at)),
        line("Auto-Submitted", "auto-generated"),
        line("X-Auto-Response-Suppress", SUPPRESS),
    )
    return b"".join(head) + message.as_bytes()


def signed(letter: bytes, *, job: UUID, name: str, address: str) -> bytes:
    """`letter` with From, and the Message-ID that is the same on every attempt of the job."""
    domain = address.rpartition("@")[2]
    sender = line("From", mailbox(display_name(name), address))
    return sender + line("Message-ID", f"<{job}@{domain}>") + letter
