"""Send test e-mail: with what stands in the form, and the server's own words."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from delivery.models import SmtpAccount
from tests.delivery.test_admin_smtp import ADD, PAGE
from tests.factories import JobFactory, SmtpAccountFactory
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


def send(desk: Client, at: int, **changes: Any) -> str:
    form = {
        "host": "127.0.0.1",
        "port": at,
        "security": "none",
        "from_address": "Leads <leads@example.com>",
        "connections": 2,
        "test_to": "ana@example.com",
        **changes,
    }
    answer = desk.post(reverse("delivery:smtp_test"), form, headers=PART)
    assert answer.status_code == 200
    return answer.content.decode()


def test_letter_is_taken_and_nothing_saved(desk: Client) -> None:
    with SmtpServer() as smtp:
        html = send(desk, smtp.port)
    assert "127.0.0.1 took the e-mail. Look into the mailbox of ana@example.com." in html
    assert "DATA: 250 2.0.0 Queued" in html
    assert smtp.mails[0].recipients == ("ana@example.com",)
    assert smtp.mails[0].sender == "leads@example.com"
    assert not SmtpAccount.objects.exists()


@pytest.mark.parametrize(
    ("verb", "answer", "meaning"),
    [
        ("RCPT", "550 5.1.1 <b>Nobody</b> here", "knows no such mailbox"),
        ("MAIL", "530 5.7.0 Sign in first", "wants a sign-in or TLS first"),
        ("RCPT", "451 4.7.1 Greylisted", "wait some minutes"),
    ],
)
def test_refusal_is_shown_word_for_word_with_its_meaning(
    desk: Client, verb: str, answer: str, meaning: str
) -> None:
    with SmtpServer() as smtp:
        smtp.on(verb, answer)
        html = send(desk, smtp.port)
    assert answer.replace("<", "&lt;").replace(">", "&gt;") in html
    assert meaning in html


def test_no_server_is_explained(desk: Client) -> None:
    with SmtpServer() as smtp:
        port = smtp.port
    html = send(desk, port)
    assert "127.0.0.1 refused the connection." in html
    assert "Check the port" in html


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"test_to": "nobody"}, "“nobody” is not an email address"),
        ({"port": "70000"}, "Port: "),
        ({"from_address": "nobody"}, "From: "),
    ],
)
def test_errors_are_told_first(desk: Client, changes: dict[str, str], fault: str) -> None:
    assert fault in send(desk, 25, **changes)


def test_stored_password_goes_to_no_other_server(desk: Client) -> None:
    row = SmtpAccountFactory.build(host="smtp.example.com", port=587, security="starttls", user="leads")
    row.put_password("planted-pw")
    row.save()
    html = send(desk, 587, security="starttls", user="leads")
    assert "The server is another one now: type its password." in html
    assert "planted-pw" not in html


def test_account_of_the_environment_is_tested(desk: Client, settings: Any) -> None:
    with SmtpServer() as smtp:
        settings.SMTP_URL = f"smtp://127.0.0.1:{smtp.port}"
        settings.SMTP_FROM = "env@example.com"
        html = send(desk, 1)
        page = desk.get(ADD).content.decode()
    assert "took the e-mail" in html
    assert smtp.mails[0].sender == "env@example.com"
    assert "In force: SMTP_URL of the environment." in page
    assert "env@example.com" in page


def test_page_says_what_happens_without_smtp(desk: Client) -> None:
    JobFactory.create(kind="email")
    JobFactory.create(kind="email", delivered=True)
    html = desk.get(ADD).content.decode()
    assert "Without SMTP, e-mail jobs fail at once. Jobs that wait for e-mail now: 1." in html


def test_page_says_who_changed_the_password(desk: Client) -> None:
    account = SmtpAccountFactory.create(security="starttls", user="leads")
    desk.post(
        PAGE,
        {
            "host": account.host,
            "port": account.port,
            "security": "starttls",
            "user": "leads",
            "password": "planted-pw",
            "from_address": account.from_address,
            "connections": 2,
        },
    )
    html = desk.get(PAGE).content.decode()
    assert re.search(r"Set · changed \d+ \w+ \d{4}, \d\d:\d\d by .+\. Type another to replace it", html)
    assert "planted-pw" not in html
    assert SmtpAccount.objects.get().sealed_by is not None
