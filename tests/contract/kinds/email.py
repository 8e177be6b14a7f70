"""Email's kit: a real SMTP server, and an account with a password."""

import email
import email.policy
from contextlib import ExitStack
from email.message import EmailMessage

from delivery.channels.email import EmailChannel
from delivery.smtp import Sender
from partners.kinds.email import EmailConfig
from tests.contract.kit import SECRET, Kit
from tests.delivery.letters import account
from tests.servers.smtp import SmtpServer


class EmailKit(Kit):
    key = "email"

    def start(self, stack: ExitStack) -> None:
        self._server = stack.enter_context(SmtpServer())

    def channel(self) -> EmailChannel:
        ours = account(self._server, user="leads", password=SECRET)
        return EmailChannel(Sender(account=lambda: ours))

    def config(self) -> EmailConfig:
        return EmailConfig(("partner@example.com",))

    def refuse_for_now(self) -> None:
        self._server.on("DATA", "451 4.3.0 Later", times=1)

    def arrived(self) -> list[str]:
        return [self._text(letter) for letter in self._letters()]

    def ids(self) -> list[str]:
        return [str(letter["Message-ID"]) for letter in self._letters()]

    def _letters(self) -> list[EmailMessage]:
        return [
            email.message_from_bytes(mail.data, EmailMessage, policy=email.policy.default)
            for mail in self._server.mails
        ]

    def _text(self, letter: EmailMessage) -> str:
        part = letter.get_body(("plain",))
        assert part is not None
        return f"{letter['Subject']}\n{part.get_content()}"
