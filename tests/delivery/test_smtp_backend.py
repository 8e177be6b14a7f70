"""Django's own letters leave by the account that leads leave from."""

from email import message_from_bytes

import pytest
from django.core.mail import EmailMessage, get_connection
from pytest_django import Settings

from delivery.channels.base import DeliveryError
from delivery.smtp.backend import Backend
from tests.factories import SmtpAccountFactory
from tests.servers.smtp import SmtpServer

LETTER = EmailMessage("Grüße", "A line.\n.\nAnother.", "ignored@example.com", ["ana@bücher.example"])


@pytest.fixture(autouse=True)
def _backend(settings: Settings, db: None) -> None:
    settings.EMAIL_BACKEND = "delivery.smtp.backend.Backend"
    settings.SMTP_URL = ""


def test_letter_leaves_by_the_account_of_the_admin() -> None:
    with SmtpServer() as server:
        SmtpAccountFactory.create(port=server.port)
        assert get_connection().send_messages([LETTER]) == 1
    [mail] = server.mails
    letter = message_from_bytes(mail.data)
    assert (mail.sender, mail.recipients) == ("leads@example.com", ("ana@xn--bcher-kva.example",))
    assert (letter["From"], letter["Message-ID"].endswith("@example.com>")) == (
        "Leads <leads@example.com>",
        True,
    )
    assert letter.get_payload(decode=True) == b"A line.\r\n.\r\nAnother.\r\n"


def test_account_of_the_environment_wins(settings: Settings) -> None:
    SmtpAccountFactory.create(port=1)
    with SmtpServer() as server:
        settings.SMTP_URL, settings.SMTP_FROM = f"smtp://127.0.0.1:{server.port}", "us@example.com"
        LETTER.connection = None
        get_connection().send_messages([LETTER])
    assert server.mails[0].sender == "us@example.com"


def test_refusal_is_raised_with_the_words_of_the_server() -> None:
    with SmtpServer() as server:
        server.on("RCPT", "550 5.1.1 Nobody here", times=None)
        SmtpAccountFactory.create(port=server.port)
        with pytest.raises(DeliveryError):
            get_connection().send_messages([LETTER])
        assert get_connection(fail_silently=True).send_messages([LETTER]) == 0


def test_without_an_account_nothing_is_configured(settings: Settings) -> None:
    assert not Backend().configured()
    with pytest.raises(DeliveryError):
        get_connection().send_messages([LETTER])
    settings.SMTP_URL = "nonsense://"
    assert not Backend().configured()


def test_an_account_is_enough() -> None:
    SmtpAccountFactory.create()
    assert Backend().configured()
