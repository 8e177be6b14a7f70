"""The partners' ends: a webhook receiver and a mail server that take up to two seconds for each lead."""

import asyncio
import hashlib
import random
import re
import time
from email import message_from_bytes
from email.message import Message

from tests.chaos.books import Came
from tests.servers.http import Exchange, HttpServer
from tests.servers.smtp import Mail, SmtpServer

SLOWEST = 2.0
DOMAIN = "example.com"


class Webhooks(HttpServer):
    """Writes down each request as it comes; its path names the desk."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[Came] = []
        self.default = self._take

    async def _take(self, exchange: Exchange) -> None:
        request, began, seconds = exchange.request, time.time(), random.uniform(0, SLOWEST)
        self.came.append(
            Came(
                id=request.header("webhook-id") or "",
                desk=request.path.strip("/"),
                number=int(request.json()["number"]),
                body=hashlib.sha256(request.body).digest(),
                began=began,
                ended=began + seconds,
            )
        )
        await asyncio.sleep(seconds)
        await exchange.write(b"HTTP/1.1 204 No Content\r\n\r\n")


class Letters(SmtpServer):
    """Takes its time after the final dot. A letter counts as come even if nobody waits for the answer."""

    def answer(self, verb: str, address: str = "", usual: str = "") -> str:
        if verb == ".":
            time.sleep(random.uniform(0, SLOWEST))
        return super().answer(verb, address, usual)

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Mail] = _Dated()

    @property
    def came(self) -> list[Came]:
        """All letters, one arrival for each recipient."""
        assert isinstance(self.mails, _Dated)
        return [
            _arrival(mail, recipient, ended)
            for mail, ended in zip(self.mails, self.mails.ended, strict=True)
            for recipient in mail.recipients
        ]


class _Dated(list[Mail]):
    """Letters, and when each was taken (Unix time)."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[float] = []

    def append(self, mail: Mail) -> None:
        self.ended.append(time.time())
        super().append(mail)


def _arrival(mail: Mail, recipient: str, ended: float) -> Came:
    letter = message_from_bytes(mail.data)
    return Came(
        id=_found(r"<(.+)@", letter, "Message-ID"),
        desk=recipient.removesuffix(f"@{DOMAIN}"),
        number=int(_found(r"(\d+)$", letter, "Subject")),
        # The header has the time of the attempt; what the partner reads is the text.
        body=hashlib.sha256(str(letter.get_payload()).encode()).digest(),
        began=ended - SLOWEST,
        ended=ended,
    )


def _found(pattern: str, letter: Message, header: str) -> str:
    found = re.search(pattern, str(letter[header]))
    assert found, f"{header}: {letter[header]}"
    return found[1]
