"""Mails as servers send them back: each builder returns the raw bytes."""

from uuid import UUID

REPORT = """Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Subject: {subject}
Auto-Submitted: auto-replied
Message-ID: <20261125.{number}@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

This is a MIME-encapsulated message.

--=_b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--=_b
Content-Type: {kind}

Reporting-MTA: dns; mx.example.net
Arrival-Date: Wed, 25 Nov 2026 10:00:00 +0000

{blocks}
--=_b
Content-Type: {returned}

{letter}
--=_b--
"""
BLOCK = """Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{original}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.org
Diagnostic-Code: {diagnostic}
"""
UNKNOWN_USER = "smtp; 550 5.1.1 <{address}>: Recipient address rejected: no such user"
VACATION = """From: {sender}
To: {to}
Subject: Out of office: New lead
Auto-Submitted: auto-replied
In-Reply-To: <{job}@example.com>
Content-Type: text/plain

I am away until Monday. In urgent cases write to bob@example.com.
"""
QMAIL = """Return-Path: <>
From: MAILER-DAEMON@qmail.example.net
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at qmail.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{address}>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 No such user
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Message-ID: <{job}@example.com>
Subject: New lead
"""
EXIM = """Return-path: <>
From: Mail Delivery System <Mailer-Daemon@exim.example.net>
To: {to}
Auto-Submitted: auto-replied
X-Failed-Recipients: {address}
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {address}
    host mail.example.org [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<{address}>:
    552 5.2.2 Mailbox full

------ This is a copy of the message, including all the headers. ------

Message-ID: <{job}@example.com>
"""


def block(address: str, action: str = "failed", status: str = "5.1.1", *, original: str = "") -> str:
    """One recipient's fields."""
    diagnostic = UNKNOWN_USER.format(address=address) if status.startswith("5") else "smtp; 451 4.4.1 later"
    return BLOCK.format(
        address=address, original=original or address, action=action, status=status, diagnostic=diagnostic
    )


def report(
    *blocks: str,
    to: str = "from@example.com",
    job: UUID | None = None,
    number: int = 1,
    kind: str = "message/delivery-status",
    returned: str = "text/rfc822-headers",
) -> bytes:
    """A report of RFC 3464 as Postfix writes it; `job` is quoted by its Message-ID."""
    letter = f"Message-ID: <{job}@example.com>\nSubject: New lead\n" if job else "Subject: Hello\n"
    text = REPORT.format(
        to=to,
        subject="Undelivered Mail Returned to Sender",
        blocks="\n".join(blocks or (block("leads@example.com"),)),
        letter=letter,
        number=number,
        kind=kind,
        returned=returned,
    )
    return crlf(text)


def vacation(to: str, job: UUID) -> bytes:
    """A note that somebody is away."""
    return crlf(VACATION.format(sender="ana@example.com", to=to, job=job))


def qmail(to: str, job: UUID, address: str = "leads@example.com") -> bytes:
    """qmail's own form, which is no MIME at all."""
    return crlf(QMAIL.format(to=to, job=job, address=address))


def exim(to: str, job: UUID, address: str = "leads@example.com") -> bytes:
    """Exim's own form."""
    return crlf(EXIM.format(to=to, job=job, address=address))


def crlf(text: str) -> bytes:
    """As it travels."""
    return text.replace("\n", "\r\n").encode()
