"""A test e-mail: one letter through the way that leads take, with the server's own words."""

import asyncio
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from delivery.channels.base import DeliveryError, Receipt
from delivery.letter import build, signed
from delivery.letter.mime import Letter
from delivery.smtp.account import Account
from delivery.smtp.conversation import Envelope, Recipient
from delivery.smtp.limits import Limits
from delivery.smtp.sender import Sender
from leadflip.kit import clock
from leadflip.kit.ids import uuid7

# Somebody waits for it before a page, and holds a thread of the web server.
PATIENCE = Limits(connect=5, command=10, before=15, after=15)


@dataclass(frozen=True, slots=True)
class Tested:
    """How it went: `said` are the server's words, `error` is ours ("" for a letter that was taken)."""

    error: str = ""
    error_class: str = ""
    code: int | None = None
    said: str = field(default="", repr=False)


def send_test_letter(account: Account, recipient: Recipient) -> Tested:
    """Sends the letter and waits for the answer, 30 s at most. Call outside of any transaction."""
    try:
        receipt = asyncio.run(_send(account, recipient))
    except DeliveryError as error:
        return Tested(error.text, error.error_class, error.answer.code, error.answer.text)
    return Tested(code=receipt.answer.code, said=receipt.answer.text)


async def _send(account: Account, recipient: Recipient) -> Receipt:
    sender = Sender(account=lambda: account, limits=PATIENCE)
    key = uuid7()
    letter = build(_letter(account), job=key, to=[recipient.address], at=clock.now())

    def finish(chosen: Account) -> bytes:
        return signed(letter, job=key, name=chosen.name, address=chosen.address)

    try:
        return await sender.send(Envelope(key, (recipient,)), finish)
    finally:
        await sender.close()


def _letter(account: Account) -> Letter:
    text = _(
        "This is a test e-mail of Leadflip Distribution, sent by way of %(host)s.\n\n"
        "It came, so leads can be delivered by e-mail."
    )
    return Letter(_("Test e-mail of Leadflip Distribution"), text % {"host": account.host})
