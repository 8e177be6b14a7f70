"""The email channel: one letter a lead, to all of the partner's addresses."""

from functools import lru_cache
from typing import cast

from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from delivery.channels.base import Configuration, Message, Parcel, Receipt
from delivery.letter import build, signed, write
from delivery.smtp import Account, Envelope, Recipient, Sender
from partners.kinds.email import EmailConfig


class EmailChannel:
    """Writes the letter and hands it to the account's SMTP server.

    `send` needs up to 165 s, whatever the parcel's `timeout` says (`delivery.smtp.Limits`).
    """

    def __init__(self, sender: Sender | None = None) -> None:
        self._sender = sender or Sender()

    @property
    def places(self) -> int:
        """How many letters may be claimed at once: see `Sender.places`."""
        return self._sender.places

    def render(self, parcel: Parcel[EmailConfig]) -> Message:
        """The letter, all but From and Message-ID: those are the account's. Raises Configuration."""
        recipients = tuple(map(_recipient, parcel.config.recipients))
        if not recipients:
            raise Configuration("settings", _("There are no recipients: enter one in the delivery settings."))
        letter = write(parcel)
        to = [recipient.address for recipient in recipients]
        body = build(letter, job=parcel.id, to=to, at=parcel.now)
        return Message(body, content_type="message/rfc822", subject=letter.subject, extra=recipients)

    async def send(self, message: Message, parcel: Parcel[EmailConfig]) -> Receipt:
        """Sends to the recipients who are still open. See `Sender.send` for what it raises."""
        recipients = cast("tuple[Recipient, ...]", message.extra)
        envelope = Envelope(parcel.id, recipients, dict(parcel.recipients or {}), parcel.now)

        def finish(account: Account) -> bytes:
            return signed(message.body, job=parcel.id, name=account.name, address=account.address)

        return await self._sender.send(envelope, finish)

    async def close(self) -> None:
        """Closes the connections."""
        await self._sender.close()


@lru_cache(maxsize=10_000)
def _recipient(name: str) -> Recipient:
    try:
        found = validate_email(name, check_deliverability=False)
    except EmailNotValidError:
        text = _("“%s” is not an email address: mend it in the delivery settings.") % name[:100]
        raise Configuration("settings", text) from None
    return Recipient(name, f"{found.local_part}@{found.ascii_domain}")
