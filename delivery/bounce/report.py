"""What a raw mail is: a report of failure or delay (RFC 3464, Exim's, qmail's), an automatic answer, other.

Header lines are read as plain text: Python's structured policies parse each address, which a hostile
mail can make slow and make raise.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, message_from_string
from email.message import Message
from email.policy import compat32
from itertools import islice
from uuid import UUID

from delivery.models.bounce import MailKind

# Of a mail so much is read: the reports stand before the letter that they return.
READ_BYTES = 256 * 1024
# Each nested level costs a look at every line.
MOST_BOUNDARIES = 20
MOST_PARTS = 40
MOST_RECIPIENTS = 100
MOST_IDS = 5
MOST_TEXT = 4096

ENVELOPE = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To")
STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
FAILED, DELAYED = "failed", "delayed"
_ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,64}@[^\s<>,;:\"()]{1,255}")
_REFERENCE = re.compile(
    rb"^[> \t]*(?:message-id|in-reply-to|references):[ \t]*(?:\r?\n[ \t]+)?"
    rb"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b([45]\d\d)\b")
_QMAIL = re.compile(r"^<([^<>\s]{1,320})>:[ \t]*\r?\n((?:[^\r\n]+\r?\n?){1,20})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Returned:
    """One recipient of a report: `names` are the addresses that may be ours, the original one first."""

    names: tuple[str, ...]
    action: str
    status: str = ""
    code: int | None = None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """A mail as far as it matters. `sent_to`: whom it came to; `references`: jobs whose ids it quotes."""

    kind: str
    sent_to: tuple[str, ...] = ()
    references: tuple[UUID, ...] = ()
    recipients: tuple[Returned, ...] = ()
    sender: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)

    @property
    def text(self) -> str:
        """What the reporting servers say of all recipients."""
        return "\n\n".join(one.text for one in self.recipients if one.text)[:MOST_TEXT]


def read(raw: bytes) -> Report:
    """Never raises: what cannot be read is said to be so."""
    seen = raw[:READ_BYTES]
    if seen.lower().count(b"boundary=") > MOST_BOUNDARIES:
        return Report(MailKind.UNREADABLE)
    try:
        return _report(message_from_bytes(seen, policy=compat32), seen)
    except Exception:
        # Python's parser raises whatever it meets on broken MIME, deep nesting included.
        return Report(MailKind.UNREADABLE)


def _report(mail: "Message[str, str]", seen: bytes) -> Report:
    recipients = tuple(islice(_recipients(mail), MOST_RECIPIENTS))
    quoted = dict.fromkeys(UUID(found.decode()) for found in _REFERENCE.findall(seen))
    return Report(
        kind=_kind(mail, recipients),
        sent_to=tuple(_sent_to(mail)),
        references=tuple(quoted)[:MOST_IDS],
        recipients=recipients,
        sender=_header(mail, "From"),
        subject=_header(mail, "Subject"),
    )


def _kind(mail: "Message[str, str]", recipients: tuple[Returned, ...]) -> str:
    actions = {one.action for one in recipients}
    if FAILED in actions:
        return MailKind.FAILED
    if DELAYED in actions:
        return MailKind.DELAYED
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    automatic = submitted not in ("", "no") or mail.get("X-Autoreply") or mail.get("X-Autorespond")
    precedence = _header(mail, "Precedence").lower()
    if not recipients and (automatic or precedence in ("auto_reply", "bulk", "junk")):
        return MailKind.AUTO
    if mail.defects or not mail.items():
        return MailKind.UNREADABLE
    return MailKind.OTHER


def _recipients(mail: "Message[str, str]") -> Iterator[Returned]:
    parts = [part for part in _parts(mail) if part.get_content_type() in STATUS_PARTS]
    if parts:
        for part in parts:
            yield from filter(None, map(_returned, _blocks(part)))
    elif mail.get("X-Failed-Recipients"):
        yield from _exim(mail)
    elif not mail.is_multipart():
        yield from _qmail(mail)


def _parts(mail: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """The mail's parts, without a look into letters that it carries: those speak of something else."""
    left, count = [mail], 0
    while left and count < MOST_PARTS:
        part = left.pop(0)
        count += 1
        yield part
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            left += [child for child in part.get_payload() if isinstance(child, Message)]


def _blocks(part: "Message[str, str]") -> Iterator[Mapping[str, str]]:
    """The groups of fields in a status part; Python takes only one of its two types apart."""
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_type() == STATUS_PARTS[0]:
        yield from (block for block in payload if isinstance(block, Message))  # type: ignore[misc]  # has get()
        return
    inner = payload[0] if isinstance(payload, list) and payload else payload
    text = inner.as_string() if isinstance(inner, Message) else str(inner)
    for block in re.split(r"\r?\n[ \t]*\r?\n", text)[: MOST_RECIPIENTS + 1]:
        yield message_from_string(block.strip())  # type: ignore[misc]  # has get()


def _returned(block: Mapping[str, str]) -> Returned | None:
    action, status = _field(block, "Action").lower(), _field(block, "Status")
    if not action or not status:
        return None
    diagnostic = _field(block, "Diagnostic-Code")
    names = [_field(block, name).rpartition(";")[2] for name in ("Original-Recipient", "Final-Recipient")]
    remote = _field(block, "Remote-MTA").rpartition(";")[2].strip()
    said = f"{remote}: {diagnostic}" if remote and diagnostic else diagnostic or status
    return Returned(
        names=tuple(_bare(name) for name in names if name.strip()),
        action=action.split()[0],
        status=_first(_STATUS, status),
        code=_code(diagnostic),
        text=f"{_bare(names[1] or names[0])}\n{said}"[:MOST_TEXT],
    )


def _exim(mail: "Message[str, str]") -> Iterator[Returned]:
    body = _body(mail)
    for address in _ADDRESS.findall(_header(mail, "X-Failed-Recipients"))[:MOST_RECIPIENTS]:
        at = body.find(address)
        said = body[at : at + 600].split("\n\n")[0].strip() if at >= 0 else address
        yield Returned((address,), FAILED, _first(_STATUS, said), _code(said), said)


def _qmail(mail: "Message[str, str]") -> Iterator[Returned]:
    body = _body(mail)
    if "qmail-send program" not in body[:300]:
        return
    for address, said in _QMAIL.findall(body.partition("--- Below this line")[0])[:MOST_RECIPIENTS]:
        yield Returned((address,), FAILED, _first(_STATUS, said), _code(said), f"{address}\n{said.strip()}")


def _body(mail: "Message[str, str]") -> str:
    for part in _parts(mail):
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""


def _sent_to(mail: "Message[str, str]") -> Iterator[str]:
    for name in ENVELOPE:
        for value in mail.get_all(name, [])[:5]:
            yield from _ADDRESS.findall(str(value)[:2000])[:10]


def _header(mail: "Message[str, str]", name: str) -> str:
    return " ".join(str(mail.get(name) or "")[:1000].split())


def _field(block: Mapping[str, str], name: str) -> str:
    return " ".join(str(block.get(name) or "")[:MOST_TEXT].split())


def _bare(written: str) -> str:
    return written.strip().strip("<>")[:320]


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _code(text: str) -> int | None:
    found = _CODE.search(text)
    return int(found[1]) if found else None
