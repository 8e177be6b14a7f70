"""What raw mails are: the forms of common servers, what is none, and what is hostile."""

import time
import tracemalloc
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.bounce.report import MOST_RECIPIENTS, MOST_TEXT, Report, read
from delivery.bounce.words import reason
from tests.delivery.bounce.mails import block, crlf, exim, qmail, report, vacation

JOB = UUID("01890000-0000-7000-8000-000000000001")
TO = "b+x@example.com"


def names(found: Report) -> list[tuple[tuple[str, ...], str, str, int | None]]:
    return [(one.names, one.action, one.status, one.code) for one in found.recipients]


def test_failure_report_names_recipient_status_code_and_letter() -> None:
    found = read(report(job=JOB, to=TO))
    assert found.kind == "failed"
    assert found.sent_to == (TO,)
    assert found.references == (JOB,)
    assert names(found) == [(("leads@example.com", "leads@example.com"), "failed", "5.1.1", 550)]
    assert "no such user" in found.text
    assert found.subject == "Undelivered Mail Returned to Sender"


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/global-headers"])
def test_letter_is_found_in_whatever_part_it_is_returned(returned: str) -> None:
    assert read(report(job=JOB, returned=returned)).references == (JOB,)


def test_report_of_rfc_6533_is_read_too() -> None:
    found = read(
        report(block("a@example.com"), block("b@example.com"), kind="message/global-delivery-status")
    )
    assert [one.names[0] for one in found.recipients] == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize("build", [exim, qmail])
def test_forms_of_older_servers(build: object) -> None:
    found = read(build(TO, JOB))  # type: ignore[operator]  # one of the two builders
    assert found.kind == "failed"
    assert found.references == (JOB,)
    ((given, _action, status, code),) = names(found)
    assert given == ("leads@example.com",)
    assert (status, code) in (("5.1.1", 550), ("5.2.2", 552))


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (report(block("a@example.com", "delayed", "4.4.1")), "delayed"),
        (report(block("a@example.com", "delivered", "2.0.0")), "other"),
        (report(block("a@example.com", "relayed", "2.0.0")), "other"),
        (report(block("a@example.com", "failed", "4.4.7")), "failed"),
        (report(block("a@example.com", "delayed", "4.4.1"), block("b@example.com")), "failed"),
        (vacation(TO, JOB), "auto"),
        (crlf("From: a@example.com\nX-Autoreply: yes\nSubject: Away\n\nI am away.\n"), "auto"),
        (crlf("From: a@example.com\nSubject: Re: lead\nAuto-Submitted: no\n\nThank you!\n"), "other"),
        (crlf("From: a@example.com\nSubject: 550 5.1.1 failed\n\nStatus: 5.1.1\nAction: failed\n"), "other"),
        (b"", "unreadable"),
        (b"\x00\xff\xfe" * 1000, "unreadable"),
    ],
)
def test_kind(raw: bytes, kind: str) -> None:
    assert read(raw).kind == kind


def test_report_that_somebody_forwards_speaks_of_something_else() -> None:
    inner = report(job=JOB).decode()
    head = "From: a@example.com\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\n"
    outer = f'{head}Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n'
    outer += f"Content-Type: message/rfc822\r\n\r\n{inner}\r\n--out--\r\n"
    assert read(outer.encode()).kind == "other"


BROKEN = [
    report(job=JOB)[:700],
    report(job=JOB).replace(b'boundary="=_b"', b""),
    report(job=JOB).replace(b"--=_b--", b""),
    report(job=JOB).replace(b"Action: failed", b"Action:"),
    report(job=JOB).replace(b"\r\n", b"\n").replace(b"\n\n", b"\n"),
    b"Content-Type: multipart/report; boundary*0*=utf-8''%ff; boundary*1=x\r\n\r\n--x\r\n",
    b"To: " + b"=?utf-8?b?" * 5000 + b"\r\n\r\n",
    b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
]
NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (number, number)
    for number in range(5000)
)
HUGE = [
    NESTED,
    report(*(block(f"{number}@example.com") for number in range(20_000))),
    report(job=JOB) + b"x" * 5_000_000,
    b"To: " + b"a@example.com," * 200_000 + b"\r\n\r\n",
    b"A: b\r\n" * 200_000,
    b"\n" * 1_000_000,
    b'Content-Type: multipart/report; boundary="x"\r\n\r\n' + b"--x\r\n" * 200_000,
    b"Message-ID: <" * 100_000,
    b"Hi. This is the qmail-send program\r\n" + b"<a@example.com>:\r\n" * 50_000,
    b"X-Failed-Recipients: " + b"a@b," * 100_000 + b"\r\n\r\n" + b"a@b\r\n" * 10_000,
]


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_broken_mail_is_read_as_far_as_it_goes(raw: bytes) -> None:
    assert isinstance(read(raw), Report)


@pytest.mark.parametrize("raw", HUGE, ids=range(len(HUGE)))
def test_huge_mail_costs_little(raw: bytes) -> None:
    began = time.process_time()
    found = read(raw)
    assert time.process_time() - began < 2
    assert len(found.recipients) <= MOST_RECIPIENTS
    assert len(found.text) <= MOST_TEXT


@pytest.mark.parametrize("number", [1, 2, 5])
def test_huge_mail_takes_little_memory(number: int) -> None:
    tracemalloc.start()
    read(HUGE[number])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 1200))
def test_anything_is_read_without_an_error(noise: bytes, at: int) -> None:
    raw = report(job=JOB)
    read(raw[:at] + noise + raw[at:])
    read(noise)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.1.1", "there is no such mailbox (5.1.1, 550)"),
        ("5.2.2", "the mailbox is full (5.2.2, 550)"),
        ("5.7.26", "its server refuses our letters (5.7.26, 550)"),
        ("5.9.9", "the letter came back (5.9.9, 550)"),
    ],
)
def test_reason_is_told_in_our_words(status: str, said: str) -> None:
    (one,) = read(report(block("a@example.com", status=status))).recipients
    assert reason(one) == said
