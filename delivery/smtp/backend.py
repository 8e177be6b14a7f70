"""Django's own letters (a link for a new password) by the account that leads leave from."""

import asyncio
from collections.abc import Sequence
from email.utils import formataddr, make_msgid
from uuid import uuid4

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _
from email_validator import validate_email

from delivery.channels.base import Configuration, DeliveryError
from delivery.smtp.account import Account, current_account
from delivery.smtp.conversation import Envelope, Recipient
from delivery.smtp.sender import Sender


class Backend(BaseEmailBackend):
    """Sends in the calling thread, which waits for the server's answer: up to 165 s, often one."""

    def configured(self) -> bool:
        """Whether there is an account that can be used."""
        try:
            return current_account() is not None
        except DeliveryError:
            return False

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were taken by the server. Raises DeliveryError unless `fail_silently`."""
        sent = 0
        for message in email_messages:
            try:
                _send(message)
            except DeliveryError:
                if not self.fail_silently:
                    raise
            else:
                sent += 1
        return sent


def _send(message: EmailMessage) -> None:
    account = current_account()
    if account is None:
        raise Configuration("not_configured", _("No SMTP server is set."))
    recipients = tuple(map(_recipient, message.recipients()))
    asyncio.run(_carry(account, Envelope(uuid4(), recipients), _bytes(message, account)))


async def _carry(account: Account, envelope: Envelope, letter: bytes) -> None:
    # Its own sender: connections of another event loop cannot be shared.
    sender = Sender(account=lambda: account)
    try:
        await sender.send(envelope, lambda account: letter)
    finally:
        await sender.close()


def _bytes(message: EmailMessage, account: Account) -> bytes:
    message.from_email = formataddr((account.name, account.address))
    message.extra_headers.setdefault("Message-ID", make_msgid(domain=account.domain))
    return message.message().as_bytes()


def _recipient(written: str) -> Recipient:
    found = validate_email(written, check_deliverability=False)
    return Recipient(written, f"{found.local_part}@{found.ascii_domain}")
