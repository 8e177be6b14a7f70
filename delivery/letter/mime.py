"""The letter as bytes (RFC 5322, MIME), the same for the same job and moment.

Written by hand: `email` takes 0.6 ms for a text and 2 ms for HTML, in the engine's loop.
"""

from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from uuid import UUID

from delivery.letter.clean import display_name
from delivery.letter.headers import encoded, line, listed, mailbox

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
    head = (
        line("To", listed([address for address in to if address.isascii()])),
        line("Subject", encoded(letter.subject)),
        line("Date", _date(at.replace(microsecond=0))),
        line("Auto-Submitted", "auto-generated"),
        line("X-Auto-Response-Suppress", SUPPRESS),
        line("MIME-Version", "1.0"),
    )
    return b"".join(head) + (_both(letter, job) if letter.html else _part("plain", letter.text))


def signed(letter: bytes, *, job: UUID, name: str, address: str) -> bytes:
    """`letter` with From, and the Message-ID that is the same on every attempt of the job."""
    domain = address.rpartition("@")[2]
    return _sender(name, address) + line("Message-ID", f"<{job}@{domain}>") + letter


@lru_cache(maxsize=64)
def _date(at: datetime) -> str:
    return format_datetime(at)


@lru_cache(maxsize=64)
def _sender(name: str, address: str) -> bytes:
    return line("From", mailbox(display_name(name), address))


def _part(kind: str, text: str) -> bytes:
    """One part. Quoted-printable, so that it is ASCII in short lines and no server needs 8BITMIME."""
    head = line("Content-Type", f"text/{kind}; charset=utf-8")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    body = b2a_qp(lines.rstrip("\n").encode(), istext=True).replace(b"\n", b"\r\n")
    return head + line("Content-Transfer-Encoding", "quoted-printable") + b"\r\n" + body + b"\r\n"


def _both(letter: Letter, job: UUID) -> bytes:
    # "=_" stands in no quoted-printable text, so the boundary cannot occur in a part.
    boundary = f"=_{job.hex}"
    head = line("Content-Type", f'multipart/alternative; boundary="{boundary}"')
    between, end = f"\r\n--{boundary}\r\n".encode(), f"\r\n--{boundary}--\r\n".encode()
    return head + between + _part("plain", letter.text) + between + _part("html", letter.html) + end
