"""Hostile addresses, header values and bodies: refused when saved, or harmless on the wire.

Each goes through the form, and then past it straight to a server, as a row would that was edited elsewhere.
"""

import email
import email.policy
import time
import tracemalloc
from typing import Any

import pytest

from delivery.channels.base import Configuration
from delivery.channels.email import EmailChannel
from partners.kinds.email import EmailForm
from partners.sheet import Cell
from tests.delivery.letters import account, deliver, parcel, with_channel
from tests.servers.smtp import Mail, SmtpServer

HEADERS = {
    "From", "Message-ID", "To", "Subject", "Date", "Auto-Submitted", "X-Auto-Response-Suppress",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip
VERBS = {"EHLO", "RSET", "MAIL", "RCPT", "DATA", "QUIT"}

REFUSED = [
    "a@example.com\r\nRCPT TO:<evil@example.com>",
    "a@example.com>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n",
    "a@example.com\rBcc: evil@example.com",
    "a@example.com\x0bBcc: evil@example.com",
    "a@example.com\x85Bcc: evil@example.com",
    "a@example.com\u2028Bcc: evil@example.com",
    "<a@example.com>",
    "a@example.com> NOTIFY=NEVER ORCPT=<x",
    "a@example.com SIZE=1",
    '"a\r\nb"@example.com',
    "a b@example.com",
    "a\0@example.com",
    "a@exa\u202emple.com",
    "a@example.com\u200b",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "@relay.example.com:a@example.com",
    "a@example.com%0d%0aBcc:evil@example.com",
    "a@b@example.com",
    "a@" + "x" * 300 + ".example",
    "a@-example.com",
    "a@example..com",
    "a@localhost",
    "Jane <a@example.com>",
    "=?utf-8?q?a=0ABcc:evil?=@example.com\n.",
    "x@" + "a." * 5_000 + "example",
]
HARMLESS = [
    "a%evil.example@example.com",
    "a!b@example.com",
    "|sh@example.com",
    "-oQ/tmp@example.com",
    "a+b=c@example.com",
    "a@\u0435xample.com",
    "=?utf-8?q?x?=@example.com",
    "x" * 65 + "@example.com",
]
TEXTS = [
    "\r\nBcc: evil@example.com",
    "\nBcc: evil@example.com\n\nbody",
    "\rBcc: evil@example.com",
    "\r\n\r\n<script>alert(1)</script>",
    "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029Bcc: evil@example.com",
    "\0\x1b[2J\x7f",
    "=?utf-8?q?=0D=0ABcc:_evil=40example.com?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=",
    "\r\n.\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<evil@example.com>\r\nDATA\r\n",
    "\n.\nQUIT\n",
    "\r.\r",
    "\n--=_01890000000070008000000000000001--\n",
    "\ud800\udfff\udcff",
    '"<evil@example.com>, b@example.com, ;:\\"',
    "\u202eevil\u2066",
    "x" * 60_000,
    "ü" * 30_000,
    "e\u0301" * 2_000 + "\r\n " * 2_000,
]


def test_collection_is_as_large_as_it_was() -> None:
    assert len({*REFUSED, *HARMLESS, *TEXTS}) >= 40


def bound(recipients: str) -> EmailForm:
    return EmailForm({"recipients": recipients})


def sent(server: SmtpServer, one: Any, **account_parts: Any) -> Mail:
    """The one letter that a delivery makes; only the conversation's own commands were heard."""
    deliver(account(server, **account_parts), one)
    assert {command.split(" ")[0].upper() for command in server.commands} <= VERBS
    assert (server.count("MAIL"), server.count("DATA")) == (1, 1)
    (mail,) = server.mails
    return mail


def headers(mail: Mail) -> dict[str, str]:
    """The letter's headers, each once, none but ours, in short ASCII lines."""
    head = mail.data.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert head.replace(b"\r\n", b"").count(b"\n") == head.replace(b"\r\n", b"").count(b"\r") == 0
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert len(names) == len(set(names))
    assert set(names) <= HEADERS
    return dict(email.message_from_bytes(head, policy=email.policy.default).items())


@pytest.mark.parametrize("written", REFUSED, ids=range(len(REFUSED)))
def test_hostile_address_is_refused_by_the_form_and_at_send(written: str) -> None:
    assert not bound(written).is_valid()
    with SmtpServer() as server:
        with pytest.raises(Configuration) as caught:
            deliver(account(server), parcel(written))
        assert server.connections == 0
    assert len(caught.value.text) < 300


@pytest.mark.parametrize("written", HARMLESS, ids=range(len(HARMLESS)))
def test_odd_address_is_one_recipient_and_no_more(written: str) -> None:
    form = bound(written)
    assert form.is_valid(), form.errors
    with SmtpServer() as server:
        mail = sent(server, parcel(*form.config()["recipients"]))
    (recipient,) = mail.recipients
    assert recipient.isascii()
    assert set(headers(mail)["To"]) & set("\r\n,;") == set()


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("html", [False, True])
def test_hostile_value_ends_no_header_and_no_letter(text: str, html: bool) -> None:
    cells = (Cell("first_name", "First name", "text", text),)
    lettering = "{{ lead.first_name }}"
    with SmtpServer() as server:
        body = f"<p>{lettering}</p>{lettering}"
        mail = sent(server, parcel(cells=cells, html=html, subject=f"New: {lettering}", body=body))
    found = headers(mail)
    assert mail.recipients == ("a@example.com",)
    assert len(found["Subject"].splitlines()) == 1
    assert len(found["Subject"]) <= 900
    letter = email.message_from_bytes(mail.data, policy=email.policy.default)
    parts = [part.get_content_type() for part in letter.walk() if not part.is_multipart()]
    assert parts == (["text/plain", "text/html"] if html else ["text/plain"])
    assert b"<script>" not in mail.data.partition(b"text/html")[2]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_hostile_sender_name_stays_a_name(text: str) -> None:
    with SmtpServer() as server:
        mail = sent(server, parcel(), name=text)
    sender = email.message_from_bytes(mail.data, policy=email.policy.default)["From"]
    assert [address.addr_spec for address in sender.addresses] == ["from@example.com"]
    headers(mail)


@pytest.mark.parametrize("text", [TEXTS[0], TEXTS[8], TEXTS[12], "x" * 70_000])
def test_hostile_label_and_entity_stay_text(text: str) -> None:
    """Names that an admin gives stand in the standard letter."""
    cells = (Cell("first_name", text[:5000], "text", "Ana"),)
    with SmtpServer() as server:
        mail = sent(server, parcel(cells=cells, entity=text, display_field=""))
    assert len(headers(mail)["Subject"]) <= 900


@pytest.mark.parametrize(
    "answer", ["250-" + "x" * 100_000, "250 " + "\0\x1b[2J" * 50, "250\u2028DATA", "9" * 5000]
)
def test_hostile_answer_of_a_server_is_bounded(answer: str) -> None:
    with SmtpServer() as server:
        server.on("MAIL", answer)

        async def run(channel: EmailChannel) -> BaseException | None:
            try:
                receipt = await channel.send(channel.render(parcel()), parcel())
            except Exception as error:
                return error
            assert len(receipt.answer.text) < 10_000
            return None

        error = with_channel(lambda: account(server), run)
    assert error is None or len(str(error)) < 500


def test_largest_letter_costs_little() -> None:
    value = "ü\r\n.\r\n<" * 5_000
    cells = tuple(Cell(f"f{number}", f"Field {number}", "text", value) for number in range(10))
    one = parcel(cells=cells, html=True)
    tracemalloc.start()
    began = time.process_time()
    body = EmailChannel().render(one).body
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(body) < 8 * 1024 * 1024
    assert spent < 5
    assert peak < 64 * 1024 * 1024
