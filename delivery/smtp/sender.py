"""The event loop's way out for email: letters over kept links."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from django.utils.translation import gettext as _

from delivery.channels.base import Configuration, DeliveryError, Receipt, Temporary
from delivery.smtp.account import CONNECTIONS, Account, current_account
from delivery.smtp.conversation import Conversation, Dropped, Envelope
from delivery.smtp.errors import FLOOR
from delivery.smtp.limits import Limits
from delivery.smtp.link import Link
from delivery.smtp.opening import open_link
from delivery.smtp.pace import Pace
from delivery.smtp.pool import Pool
from delivery.threads import Threads

KNOWN_FOR = 0.5  # seconds


class Sender:
    """One a process and event loop, with as many connections as the account allows.

    `account` is asked before each letter. Left out it is `current_account`, asked every half second at
    most: a change in the admin holds that soon.
    """

    def __init__(
        self,
        *,
        account: Callable[[], Account | None] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._account = account or current_account
        self._known_for = 0.0 if account else KNOWN_FOR
        self._limits = limits or Limits()
        self._pool = Pool(self._limits)
        self._pace = Pace()
        self._asking = Threads(1, "smtp-account")
        self._known: tuple[float, Account | None] | None = None
        self._free: asyncio.Semaphore | None = None
        self._tidying: asyncio.TimerHandle | None = None
        self.connections = CONNECTIONS

    @property
    def places(self) -> int:
        """How many letters may be under way or wait for a connection."""
        return self.connections * self._pace.depth

    async def send(self, envelope: Envelope, finish: Callable[[Account], bytes]) -> Receipt:
        """Sends `finish(account)` to the open recipients. Returns a Receipt or raises a DeliveryError.

        When its task is cancelled it raises CancelledError only if the final dot was not sent: nothing was
        received, and nothing will be. After that it raises Unknown, or goes by the answer that is there.
        """
        account = await self._current()
        if account is None:
            raise _not_configured()
        data = finish(account)
        free = await self._connection(account)
        began = self._pace.begin()
        try:
            return await self._carry(account, envelope, data)
        except DeliveryError as error:
            error.recipients = error.recipients or envelope.states or None
            raise
        finally:
            free.release()
            self._pace.end(began)
            self._tidy_later()

    async def close(self) -> None:
        """Closes the links; a letter that is still under way is broken off."""
        if self._tidying is not None:
            self._tidying.cancel()
        await self._pool.close()
        await self._asking.close()

    async def _current(self) -> Account | None:
        """The account in force. Raises DeliveryError where it cannot be used."""
        now = time.monotonic()
        if self._known is None or now - self._known[0] >= self._known_for:
            self._known = now, await self._asking.run(self._account)
        return self._known[1]

    async def _connection(self, account: Account) -> asyncio.Semaphore:
        """One of the account's connections, to be released. Raises Temporary where none gets free in time."""
        if self._free is None or self.connections != account.connections:
            self.connections = account.connections
            self._free = asyncio.Semaphore(account.connections)
        free = self._free
        if not free.locked():
            await free.acquire()
            return free
        try:
            async with asyncio.timeout(self._limits.waiting):
                await free.acquire()
        except TimeoutError:
            raise _too_long(account) from None
        return free

    async def _carry(self, account: Account, envelope: Envelope, data: bytes) -> Receipt:
        """Over a kept link, and once more over a fresh one if that was dropped."""
        link = self._pool.take(account)
        if link is not None:
            with suppress(Dropped):
                link.start()
                return await self._converse(link, account, envelope, data)
        return await self._converse(await self._opened(account), account, envelope, data)

    async def _opened(self, account: Account) -> Link:
        link = Link(self._limits)
        self._pool.enter(link)
        try:
            await open_link(link, account)
        except BaseException:
            self._pool.drop(link)
            raise
        return link

    async def _converse(self, link: Link, account: Account, envelope: Envelope, data: bytes) -> Receipt:
        try:
            return await Conversation(link, account, envelope).run(data)
        except DeliveryError:
            raise
        except BaseException:
            link.close()
            raise
        finally:
            self._pool.give(account, link)

    def _tidy_later(self) -> None:
        if self._tidying is None and self._pool.idle:
            loop = asyncio.get_running_loop()
            self._tidying = loop.call_later(self._limits.idle, self._tidy)

    def _tidy(self) -> None:
        self._tidying = None
        self._pool.tidy()
        self._tidy_later()


def _not_configured() -> Configuration:
    text = _("No SMTP server is set: enter one in the admin under SMTP account, or set SMTP_URL.")
    return Configuration("not_configured", text)


def _too_long(account: Account) -> Temporary:
    text = _("%s answers too slowly: no connection was free for this letter.") % account.host
    return Temporary("timeout", text, floor=FLOOR, endpoint=False)
