"""The SMTP account: one row, its password set, replaced, kept, removed, and never shown."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from delivery.models import Lane, SmtpAccount
from partners.models import Revision
from tests.factories import SmtpAccountFactory
from tests.forms import controls, errors, submit

LIST = "/admin/delivery/smtpaccount/"
ADD = f"{LIST}add/"
PAGE = f"{LIST}1/change/"
GOOD = {
    "host": "smtp.example.com",
    "user": "leads",
    "password": "planted-pw",
    "from_address": "leads@example.com",
}


@pytest.fixture
def account(db: None) -> SmtpAccount:
    row = SmtpAccountFactory.build(security="starttls", user="leads")
    row.put_password("planted-pw")
    row.save()
    return row


def test_list_is_the_form(desk: Client) -> None:
    assert desk.get(LIST).headers["Location"] == reverse("admin:delivery_smtpaccount_add")
    SmtpAccountFactory.create()
    assert desk.get(LIST).headers["Location"] == PAGE
    assert desk.get(ADD).status_code == 403


def test_add(desk: Client) -> None:
    before = Revision.current()
    assert submit(desk, ADD, GOOD).status_code == 302
    row = SmtpAccount.objects.get()
    assert (row.pk, row.host, row.port, row.security, row.user) == (
        1,
        "smtp.example.com",
        587,
        "starttls",
        "leads",
    )
    assert row.password() == "planted-pw"
    assert Revision.current() > before


def test_mended_account_begins_anew(desk: Client, account: SmtpAccount) -> None:
    Lane.objects.create(smtp=account, state="open", open_until=timezone.now(), failures=12)
    assert submit(desk, PAGE, {}).status_code == 302
    assert Lane.objects.exists()
    assert submit(desk, PAGE, {"from_address": "new@example.com"}).status_code == 302
    assert not Lane.objects.exists()


def test_password_is_sealed_and_never_shown(desk: Client, account: SmtpAccount) -> None:
    html = desk.get(PAGE).content.decode()
    assert "planted-pw" not in html
    assert "leave empty to keep it" in html
    assert account.sealed is not None
    assert b"planted-pw" not in bytes(account.sealed)


@pytest.mark.parametrize(
    ("changes", "password"),
    [
        ({"port": "2525"}, "planted-pw"),
        ({"password": "another"}, "another"),
        ({"password": " with spaces "}, " with spaces "),
        ({"remove_password": "on"}, ""),
    ],
)
def test_empty_keeps_typed_replaces_tick_removes(
    desk: Client, account: SmtpAccount, changes: dict[str, str], password: str
) -> None:
    assert submit(desk, PAGE, changes).status_code == 302
    account.refresh_from_db()
    assert account.password() == password


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"host": "https://smtp.example.com"}, "the server’s name alone"),
        ({"host": "smtp.example.com:25"}, "the server’s name alone"),
        ({"port": "70000"}, "65535"),
        ({"from_address": "nobody"}, "Write an address such as"),
        ({"security": "none"}, "Without TLS no password is sent"),
    ],
)
def test_errors_say_how_to_mend_and_keep_what_was_typed(
    desk: Client, changes: dict[str, str], fault: str
) -> None:
    answer = submit(desk, ADD, {**GOOD, **changes})
    assert fault in errors(answer)
    kept = controls(answer)
    for name, value in {**GOOD, **changes}.items():
        assert kept[name] == ([""] if name == "password" else [value])
    assert "planted-pw" not in answer.content.decode()
    assert not SmtpAccount.objects.exists()


def test_from_may_have_a_name(desk: Client) -> None:
    assert submit(desk, ADD, {**GOOD, "from_address": "Leads <leads@example.com>"}).status_code == 302


def test_without_tls_and_without_sign_in(desk: Client) -> None:
    changes = {"security": "none", "user": "", "password": ""}
    assert submit(desk, ADD, {**GOOD, **changes}).status_code == 302


def test_note_when_the_environment_wins(desk: Client, account: SmtpAccount, settings: Any) -> None:
    assert "In force: SMTP_URL" not in desk.get(PAGE).content.decode()
    settings.SMTP_URL = "smtps://user:planted-env@smtp.example.com"
    html = desk.get(PAGE).content.decode()
    assert "In force: SMTP_URL" in html
    assert "planted-env" not in html


def test_reader_sees_no_password_field(sign_in: Any, account: SmtpAccount) -> None:
    html = sign_in("operator").get(PAGE).content.decode()
    assert 'type="password"' not in html
    assert "127.0.0.1" in html
