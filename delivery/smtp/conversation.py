"""One letter over one link: MAIL FROM, RCPT TO for each, DATA.

A server that offers PIPELINING (RFC 2920) gets these in one go, and two answers are waited for, not five.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from delivery.bounce.address import signed
from delivery.channels.base import Answer, DeliveryError, Receipt, Unknown
from delivery.smtp import errors
from delivery.smtp.account import Account
from delivery.smtp.errors import FLOOR, Phase, Refused, Reply
from delivery.smtp.link import GO_ON, LOST, Link
from delivery.smtp.opening import account_error
from delivery.smtp.states import DEFERRED, REFUSED, States, open_ones, state_of, verdict

CLOSING = 421
NO_SMTPUTF8 = 553  # RFC 6531, 3.2


@dataclass(frozen=True, slots=True)
class Recipient:
    """`name` as configured, which the states use; `address` with its domain in ASCII."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a job's letter is for, and what became of each so far (`delivery.smtp.states`).

    `written_at`: the letter is a job's, and comes back to an address that says so where there is one.
    """

    id: UUID
    recipients: tuple[Recipient, ...]
    states: States = field(default_factory=dict, repr=False)
    written_at: datetime | None = None

    @property
    def open(self) -> list[Recipient]:
        """Who is still to be mailed."""
        names = open_ones([recipient.name for recipient in self.recipients], self.states)
        return [recipient for recipient in self.recipients if recipient.name in names]


class Dropped(Exception):
    """A reused link was gone before MAIL FROM was answered."""


class Conversation:
    """One letter's way over one link. What goes wrong leaves it with the recipients' new states."""

    def __init__(self, link: Link, account: Account, envelope: Envelope) -> None:
        self._link = link
        self._account = account
        self._envelope = envelope
        self._open = envelope.open
        self._states: States = dict(envelope.states)
        self._said: list[str] = []
        self._code: int | None = None
        self._unsupported = False
        self._ahead = False

    async def run(self, data: bytes) -> Receipt:
        """Sends `data` to all who are open. Raises DeliveryError or Dropped.

        Cancelled before the final dot it raises CancelledError: nothing was received, and nothing will be
        once the link is closed. After that it raises Unknown, or goes by the answer that is there.
        """
        try:
            await self._begin(len(data))
            taken = await self._name()
            if taken:
                await self._hand_over(data, taken)
        except Refused as refused:
            self._hear(refused.reply)
        except LOST as error:
            raise self._lost(error) from None
        names = [recipient.name for recipient in self._envelope.recipients]
        return verdict(names, self._states, self._answer(), unsupported=self._unsupported)

    async def _begin(self, size: int) -> None:
        """RSET where a transaction was left open, then MAIL FROM."""
        link = self._link
        mail = f"MAIL FROM:<{self._sender()}>{self._options(size)}"
        reset, link.clean = not link.clean, False
        try:
            if "pipelining" in link.features:
                self._write_ahead(["RSET"] if reset else [], mail)
            if reset:
                link.good(await self._ask(Phase.RSET, "RSET"))
            self._hear(link.good(await self._ask(Phase.MAIL, mail)))
        except Refused as refused:
            if link.reused and refused.reply.code == CLOSING:
                raise Dropped from None
            self._hear(refused.reply)
            if self._ahead:
                # The answers to the rest are still to come.
                link.close()
            raise self._told(account_error(refused.reply, self._account, link)) from None
        except LOST as error:
            if link.reused:
                raise Dropped from None
            raise self._lost(error) from None

    def _write_ahead(self, before: list[str], mail: str) -> None:
        named = [_rcpt(recipient) for recipient in self._open if self._may_name(recipient)]
        self._link.write(*before, mail, *named, *(["DATA"] if named else []))
        self._ahead = True

    async def _ask(self, phase: Phase, command: str) -> Reply:
        return await (self._link.answer(phase) if self._ahead else self._link.ask(phase, command))

    def _sender(self) -> str:
        account, envelope = self._account, self._envelope
        if envelope.written_at is None or not account.bounce_domain:
            return account.address
        return signed(envelope.id, envelope.written_at, account.bounce_domain)

    def _options(self, size: int) -> str:
        features = self._link.features
        announced = f" SIZE={size}" if "size" in features else ""
        wide = "smtputf8" in features and not all(recipient.address.isascii() for recipient in self._open)
        return f"{announced} SMTPUTF8" if wide else announced

    def _may_name(self, recipient: Recipient) -> bool:
        return recipient.address.isascii() or "smtputf8" in self._link.features

    async def _name(self) -> list[str]:
        """Names all who are open; returns whom the server takes. Raises Refused when it is closing."""
        taken = []
        for recipient in self._open:
            reply = await self._named(recipient)
            self._hear(reply, recipient.name)
            if reply.good:
                taken.append(recipient.name)
            else:
                self._states[recipient.name] = {"state": state_of(reply.code), "code": reply.code}
            if reply.code == CLOSING:
                raise Refused(reply)
        if self._ahead and not taken and self._open:
            await self._call_back()
        return taken

    async def _named(self, recipient: Recipient) -> Reply:
        if self._may_name(recipient):
            return await self._ask(Phase.RCPT, _rcpt(recipient))
        self._unsupported = True
        return Reply(Phase.RCPT, NO_SMTPUTF8, "(not asked: no SMTPUTF8)")

    async def _call_back(self) -> None:
        """DATA was written already, for nobody: a server that waits for a letter is left without one."""
        if any(map(self._may_name, self._open)) and (await self._link.answer(Phase.DATA)).code == GO_ON:
            self._link.close()

    async def _hand_over(self, data: bytes, taken: list[str]) -> None:
        reply = await self._ask(Phase.DATA, "DATA")
        if reply.code == GO_ON:
            await self._link.body(data)
            reply = await self._dot()
            state = state_of(reply.code)
            self._link.clean = reply.good
        else:
            state = REFUSED if 500 <= reply.code < 600 else DEFERRED
        self._hear(reply)
        self._states.update({name: {"state": state, "code": reply.code} for name in taken})

    async def _dot(self) -> Reply:
        try:
            reply = await self._link.dot()
        except LOST as error:
            self._link.close()
            raise self._unknown("timeout" if errors.is_timeout(error) else "reset") from None
        except asyncio.CancelledError:
            self._link.close()
            raise self._cut_off() from None
        if reply.code // 100 not in (2, 4, 5):
            raise self._unknown("protocol")
        return reply

    def _unknown(self, error_class: str) -> Unknown:
        text = _("%s did not confirm the letter; whether it was received is unknown.") % self._account.host
        return Unknown(
            error_class,
            text,
            answer=self._answer(),
            floor=FLOOR,
            recipients=self._states,
            endpoint=False,
        )

    def _cut_off(self) -> Unknown:
        text = _("Stopped while the letter was handed over; whether it was received is unknown.")
        return Unknown("worker_lost", text, recipients=self._states or None, endpoint=False)

    def _hear(self, reply: Reply, name: str = "") -> None:
        self._said.append(f"{name} {reply}".strip())
        self._code = reply.code if 0 <= reply.code < 1000 else None
        if reply.code == CLOSING or reply.code < 0:
            self._link.close()

    def _answer(self) -> Answer:
        return Answer(self._code, self._link.peer, "\n".join(self._said))

    def _lost(self, error: BaseException) -> DeliveryError:
        self._link.close()
        return self._told(errors.lost(error, self._account.host))

    def _told(self, error: DeliveryError) -> DeliveryError:
        error.answer = self._answer()
        error.recipients = self._states
        return error


def _rcpt(recipient: Recipient) -> str:
    return f"RCPT TO:<{recipient.address}>"
