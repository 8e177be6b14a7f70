"""Which account email leaves from: the environment's, else the admin's."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from delivery.channels.base import Configuration, Temporary
from delivery.models import SmtpAccount
from delivery.smtp import Account, current_account

URL = "smtp+starttls://us%40er:p%3Ass@smtp.example.com"


@pytest.fixture
def environment(settings: Settings) -> Settings:
    settings.SMTP_URL, settings.SMTP_FROM, settings.SMTP_CA_FILE = URL, "Leads <leads@example.com>", ""
    return settings


def row(**more: Any) -> SmtpAccount:
    made = SmtpAccount(**{"host": "db.example.com", "from_address": "db@example.com", "user": "u", **more})
    made.put_password("secret")
    made.save()
    return made


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, "none", "", 2)),
        ("smtp://mail.example.com:2525?connections=7", ("mail.example.com", 2525, "none", "", 7)),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, "tls", "u", 2)),
        ("smtp+starttls://u:p@mail.example.com", ("mail.example.com", 587, "starttls", "u", 2)),
        ("smtps://mail.example.com?connections=999", ("mail.example.com", 465, "tls", "", 20)),
        ("smtp://[::1]:25", ("::1", 25, "none", "", 2)),
    ],
)
def test_url_is_read(environment: Settings, url: str, expected: tuple[Any, ...]) -> None:
    environment.SMTP_URL = url
    account = current_account()
    assert account is not None
    assert (account.host, account.port, account.security, account.user, account.connections) == expected


def test_url_wins_and_needs_no_database(environment: Settings) -> None:
    account = current_account()
    assert account == Account(
        host="smtp.example.com",
        port=587,
        security="starttls",
        address="leads@example.com",
        name="Leads",
        user="us@er",
        password="p:ss",
    )
    assert account.domain == "example.com"
    assert "p:ss" not in repr(account)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://hunter2@mail.example.com",
        "smtp://",
        "smtp://hunter2@mail.example.com:port",
        "smtp://u:hunter2@mail.example.com:99999",
        "smtp://u:hunter2@mail.example.com?connections=many",
    ],
)
def test_unreadable_url_is_a_configuration_error(environment: Settings, url: str) -> None:
    environment.SMTP_URL = url
    with pytest.raises(Configuration) as caught:
        current_account()
    assert "SMTP_URL" in caught.value.text
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("sender", ["", "Leads", "a@b@example.com", "jané@example.com"])
def test_sender_that_cannot_be_used(environment: Settings, sender: str) -> None:
    environment.SMTP_FROM = sender
    with pytest.raises(Configuration) as caught:
        current_account()
    assert "SMTP_FROM" in caught.value.text


def test_sender_domain_goes_in_ascii(environment: Settings) -> None:
    environment.SMTP_FROM = "Bücher <post@bücher.example>"
    account = current_account()
    assert account is not None
    assert (account.name, account.address) == ("Bücher", "post@xn--bcher-kva.example")


@pytest.mark.django_db
def test_row_is_used_without_a_url(settings: Settings) -> None:
    settings.SMTP_URL, settings.SMTP_CA_FILE = "", "/etc/ca.pem"
    assert current_account() is None
    row(connections=5)
    account = current_account()
    assert account == Account(
        host="db.example.com",
        port=587,
        security="starttls",
        address="db@example.com",
        user="u",
        password="secret",
        connections=5,
        ca_file="/etc/ca.pem",
    )


@pytest.mark.django_db
def test_row_whose_password_does_not_open(settings: Settings) -> None:
    settings.SMTP_URL = ""
    row()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Temporary) as caught:
        current_account()
    assert caught.value.error_class == "sealed"
