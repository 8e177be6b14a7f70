"""The email channel: what the letter says, and to whom it is handed."""

import email
import email.policy
import re
import time
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.channels.base import Configuration, Permanent
from delivery.channels.email import EmailChannel
from delivery.letter import signed
from partners.kinds.email import EmailConfig
from partners.sheet import Cell
from tests.delivery.letters import JOB, account, deliver, failure, parcel
from tests.servers.smtp import SmtpServer


def letter(*recipients: str, **more: Any) -> EmailMessage:
    """The letter as a mail program reads it."""
    return read(EmailChannel().render(parcel(*recipients, **more)).body)


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def cell(value: Any, key: str = "first_name", kind: str = "text") -> Cell:
    return Cell(key, "First name", kind, value)


# Headers


def test_headers_mark_an_automatic_letter() -> None:
    message = letter("a@example.com", "b@example.com")
    assert message["To"] == "a@example.com, b@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply, NRN, RN"
    assert message["Date"].datetime.isoformat() == "2026-11-24T20:15:00+00:00"
    assert message["From"] is None


def test_same_parcel_gives_the_same_letter() -> None:
    channel = EmailChannel()
    assert channel.render(parcel(html=True)) == channel.render(parcel(html=True))


def test_account_signs_the_letter() -> None:
    message = read(signed(EmailChannel().render(parcel()).body, job=JOB, name="", address="l@example.com"))
    assert message["Message-ID"] == f"<{JOB}@example.com>"
    assert message["From"] == "l@example.com"


def test_domains_travel_in_ascii() -> None:
    assert letter("post@bücher.example")["To"] == "post@xn--bcher-kva.example"


def test_only_ascii_goes_on_the_wire() -> None:
    body = EmailChannel().render(parcel("ü@example.com", subject="ü", body="<p>ü</p>", html=True)).body
    assert body.isascii()
    assert max(map(len, body.split(b"\r\n"))) <= 998


# The default


def test_default_names_the_lead_and_lists_its_fields() -> None:
    message = letter()
    assert message["Subject"] == "New lead: Jane"
    assert text(message) == (
        "New lead: Jane\n\n"
        "First name: Jane\n"
        "Amount: 1234.5\n"
        "Interests: solar, heat\n"
        "Owner: yes\n"
        "Call at: 2026-11-25 09:30 UTC\n"
        "Address, Street: Main St\n"
        "Address, House number: 12\n"
        "Address, City: Utrecht\n"
        "Notes: first\n  second\n"
    )


def test_default_in_html_has_both_forms() -> None:
    message = letter(html=True)
    assert message.get_content_type() == "multipart/alternative"
    page = text(message, "html")
    assert "Address, City:</th>" in page
    assert "first<br>second" in page
    plain = text(message)
    assert plain.startswith("New lead: Jane\n\nFirst name: Jane\nAmount: 1234.5\n")


@pytest.mark.parametrize("html", [False, True])
def test_default_holds_no_label_or_value_that_is_not_ticked(html: bool) -> None:
    sent = EmailChannel().render(parcel(html=html, cells=(cell("x", "city"),))).body
    assert b"Jane" not in sent
    assert b"Amount" not in sent
    assert b"New lead: solar-lead" in sent


def test_default_without_any_value_says_so() -> None:
    for html in (False, True):
        assert "None of this lead's fields" in text(letter(cells=(cell(None),), html=html))


def test_default_escapes_values_in_html() -> None:
    page = text(letter(html=True, cells=(cell("<img src=x onerror=1>"),)), "html")
    assert "<img" not in page
    assert "&lt;img" in page


# Templates


def test_templates_write_subject_and_body() -> None:
    message = letter(
        subject="Lead {{ lead.first_name|upper }} of {{ lead.entity }}",
        body="{{ lead.first_name }} in {{ lead.address.city }}: {{ lead.interests|join('/') }}",
    )
    assert message["Subject"] == "Lead JANE of solar-lead"
    assert text(message) == "Jane in Utrecht: solar/heat\n"


def test_empty_rendered_subject_falls_back() -> None:
    assert letter(subject="{{ lead.email }}")["Subject"] == "New lead: Jane"


def test_test_letter_is_marked() -> None:
    assert letter(test=True)["Subject"] == "[Test] New lead: Jane"


def test_html_body_is_cleaned_and_escaped() -> None:
    body = (
        "<script>alert(1)</script><p onclick='x' style='color:red;background:url(http://x)'>Hi "
        "{{ lead.first_name }}</p><a href='javascript:x'>j</a><a href='https://example.com/a'>l</a>"
        "<form><input></form><iframe src='https://example.com'></iframe><img src='https://example.com/i.png'>"
    )
    page = text(letter(html=True, body=body, cells=(cell("<b>&"),)), "html")
    for bad in ("script", "onclick", "url(", "javascript", "<form", "<input", "<iframe", "<b>"):
        assert bad not in page
    for good in ("&lt;b&gt;&amp;", 'style="color:red"', 'href="https://example.com/a"', "<img src="):
        assert good in page


def test_html_body_has_a_readable_text() -> None:
    body = (
        "<h1>Lead</h1><p>Dear&nbsp;Jane,<br>welcome <b>here</b>.</p><ul><li>one<li>two</ul><hr>"
        "<table><tr><th>City</th><td>Utrecht</td></tr><tr><th>Street</th><td>Main</td></tr></table>"
        "<pre>a\n  b</pre><a href='https://example.com/x'>Open</a> "
        "<a href='mailto:a@example.com'>a@example.com</a>"
    )
    assert text(letter(html=True, body=body)) == (
        "Lead\n\nDear Jane,\nwelcome here.\n\n- one\n- two\n\nCity Utrecht\nStreet Main\n\n"
        "a\nb\nOpen (https://example.com/x) a@example.com\n"
    )


def test_text_body_is_left_alone() -> None:
    assert text(letter(body="a <b> & {{ lead.first_name }}\n.\nFrom x", cells=(cell("<i>"),))) == (
        "a <b> & <i>\n.\nFrom x\n"
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"subject": "{{ lead.nope }}"}, "The subject template cannot be used: Line 1, column 4"),
        ({"body": "{{ lead.first_name|"}, "The body template cannot be used: Line 1"),
        ({"body": "{{ lead.first_name }}", "cells": (cell("x" * 70_000),)}, "over 64 KiB"),
    ],
)
def test_unusable_template_is_a_configuration_error(more: dict[str, Any], words: str) -> None:
    with pytest.raises(Configuration) as caught:
        letter(**more)
    assert caught.value.error_class == "template"
    assert words in caught.value.text
    assert not caught.value.endpoint


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 5001,
        "<p>" + "".join(f"<B a{number}>" for number in range(101)),
        "<p>" + "".join(f"<b/a{number}>" for number in range(101)),
        "<p>" + "".join(f"<i a{number}>" for number in range(100)) + "</p><p>x" * 2000,
    ],
)
def test_html_that_would_cost_too_much_is_refused(body: str) -> None:
    began = time.process_time()
    with pytest.raises(Configuration) as caught:
        letter(html=True, body=body)
    assert "The HTML" in caught.value.text
    assert time.process_time() - began < 2


def test_long_html_table_is_sent() -> None:
    body = "<table>" + "<tr><td><b>x</b></td><td style='color:red'>y</td></tr>" * 400 + "</table>"
    assert text(letter(html=True, body=body)).count("x y") == 400


def test_template_error_holds_no_value() -> None:
    with pytest.raises(Configuration) as caught:
        letter(body="{{ lead.first_name }}" * 5, cells=(cell("canary" * 10_000),))
    assert "canary" not in caught.value.text


# Row 32: what a lead holds never ends a header


@settings(max_examples=200, deadline=None)
@given(
    value=st.text(
        st.one_of(st.sampled_from("\r\n\0\x85\u2028\x0b\t =?ü<>@,\"'"), st.characters()), max_size=300
    )
)
def test_anything_in_a_subject_is_one_clean_line(value: str) -> None:
    message = EmailChannel().render(parcel(subject="A {{ lead.first_name }}", cells=(cell(value),)))
    parsed = read(message.body)
    assert set(parsed.keys()) == {
        "To",
        "Subject",
        "Date",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }
    assert str(parsed["Subject"]) == message.subject
    assert not parsed.defects


@pytest.mark.parametrize("value", ["x" * 5000, "ü" * 5000, "a b\r\nBcc: evil@example.com\r\n\r\n" * 200])
def test_long_subject_is_cut_and_sent(value: str) -> None:
    with SmtpServer() as server:
        deliver(account(server), parcel(subject="{{ lead.first_name }}", cells=(cell(value),)))
    [mail] = server.mails
    message = read(mail.data)
    assert len(str(message["Subject"])) <= 900
    assert message["Bcc"] is None
    assert max(map(len, mail.data.split(b"\r\n"))) <= 998


@settings(max_examples=200, deadline=None)
@given(
    value=st.text(
        st.one_of(st.sampled_from("\r\n\t =.\x85"), st.characters(exclude_categories=["Cs"])), max_size=300
    ),
    html=st.booleans(),
)
def test_anything_in_a_body_is_read_back(value: str, html: bool) -> None:
    message = letter(html=html, body="{{ lead.first_name }}|", cells=(cell(value),))
    assert not message.defects
    if html:
        assert text(message).endswith("|\n")
    else:
        expected = re.sub("\r\n|\r", "\n", value.replace("\0", "")) + "|\n"
        assert text(message) == expected


def test_broken_characters_are_replaced() -> None:
    message = letter(
        subject="{{ lead.first_name }}", body="{{ lead.first_name }}", cells=(cell("a\ud800\0b"),)
    )
    assert message["Subject"] == "a?b"
    assert text(message) == "a?b\n"


# Recipients


def test_wide_address_goes_by_smtputf8_where_offered() -> None:
    with SmtpServer(offers=("SMTPUTF8",)) as server:
        [receipt] = deliver(account(server), parcel("jané@bücher.example", "b@example.com"))
    [mail] = server.mails
    assert mail.options == "SMTPUTF8"
    assert mail.recipients == ("jané@xn--bcher-kva.example", "b@example.com")
    assert read(mail.data)["To"] == "b@example.com"
    assert receipt.recipients is not None
    assert set(receipt.recipients) == {"jané@bücher.example", "b@example.com"}


def test_wide_address_without_smtputf8_is_refused_in_our_words() -> None:
    with SmtpServer() as server:
        [receipt] = deliver(account(server), parcel("jané@example.com", "b@example.com"))
        error = failure(account(server), parcel("jané@example.com"))
    assert "SMTPUTF8" in receipt.note
    assert isinstance(error, Permanent)
    assert "SMTPUTF8" in error.text
    assert server.mails[0].options == ""
    assert server.count("RCPT TO:<b@") == server.count("RCPT") == 1


def test_wide_domain_needs_no_smtputf8() -> None:
    with SmtpServer(offers=("SMTPUTF8",)) as server:
        deliver(account(server), parcel("a@bücher.example"))
    assert server.mails[0].options == ""


def test_letter_to_wide_addresses_only_has_a_to_header() -> None:
    assert letter("ü@example.com")["To"] == "undisclosed-recipients:;"


@pytest.mark.parametrize(
    ("recipients", "words"), [((), "no recipients"), (("not-an-address",), "“not-an-address”")]
)
def test_recipients_that_cannot_be_used(recipients: tuple[str, ...], words: str) -> None:
    with pytest.raises(Configuration) as caught:
        EmailChannel().render(replace(parcel(), config=EmailConfig(recipients)))
    assert caught.value.error_class == "settings"
    assert words in caught.value.text


def test_message_shows_no_value_by_accident() -> None:
    message = EmailChannel().render(parcel())
    assert "Jane" not in repr(message) + repr(parcel())
