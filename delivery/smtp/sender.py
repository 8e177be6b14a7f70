"""The process's way out for email: letters in threads, over kept links."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.utils.translation import gettext as _

from delivery.channels.base import Configuration, DeliveryError, Receipt, Temporary, Unknown
from delivery.smtp.account import CONNECTIONS, Account, current_account
from delivery.smtp.conversation import Conversation, Dropped, Envelope
from delivery.smtp.errors import FLOOR
from delivery.smtp.flight import Flight
from delivery.smtp.limits import Limits
from delivery.smtp.link import Link
from delivery.smtp.opening import open_link
from delivery.smtp.pace import Pace
from delivery.smtp.pool import Pool
from delivery.threads import Threads

KNOWN_FOR = 0.5  # seconds


class Sender:
    """One a process and event loop. As many threads, and so connections, as the account allows.

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
        self._threads: ThreadPoolExecutor | None = None
        self._tidying: asyncio.TimerHandle | None = None
        self._closed = False
        self.connections = CONNECTIONS

    @property
    def places(self) -> int:
        """How many letters may be under way or wait for a connection."""
        return self.connections * self._pace.depth

    async def send(self, envelope: Envelope, finish: Callable[[Account], bytes]) -> Receipt:
        """Sends `finish(account)` to the open recipients. Returns a Receipt or raises a DeliveryError.

        When its task is cancelled it raises CancelledError only if DATA has not begun: nothing went
        out, and nothing will. After that it raises Unknown at once, or gives the answer that is there;
        what the thread still hears is dropped.
        """
        account = await self._current()
        if account is None:
            raise _not_configured()
        data = finish(account)
        flight = Flight()
        loop = asyncio.get_running_loop()
        workers, since = self._workers(account), time.monotonic()
        work = loop.run_in_executor(workers, self._carry, account, envelope, data, flight, since)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if work.done():
                return work.result()
            work.add_done_callback(_heard)
            if flight.call_off():
                raise
            raise _cut_off(envelope) from None
        finally:
            if self._tidying is None:
                self._tidying = loop.call_later(self._limits.idle, self._tidy)

    async def close(self) -> None:
        """Closes the links; a letter that is still under way is broken off."""
        self._closed = True
        self._pool.close()
        if self._threads is not None:
            await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        await self._asking.close()

    async def _current(self) -> Account | None:
        """The account in force. Raises DeliveryError where it cannot be used."""
        now = time.monotonic()
        if self._known is None or now - self._known[0] >= self._known_for:
            self._known = now, await self._asking.run(self._account)
        return self._known[1]

    def _workers(self, account: Account) -> ThreadPoolExecutor:
        if self._threads is None or self.connections != account.connections:
            if self._threads is not None:
                self._threads.shutdown(wait=False)
            self._threads = ThreadPoolExecutor(account.connections, thread_name_prefix="smtp")
            self.connections = account.connections
        return self._threads

    def _carry(
        self, account: Account, envelope: Envelope, data: bytes, flight: Flight, since: float
    ) -> Receipt:
        """In a thread: a kept link, and once more on a fresh one if that was dropped."""
        flight.check()
        began = self._pace.begin()
        try:
            if began - since > self._limits.waiting:
                raise _too_long(account)
            link = self._pool.take(account)
            if link is not None:
                with suppress(Dropped):
                    link.start()
                    return self._converse(link, account, envelope, data, flight)
            return self._converse(self._opened(account), account, envelope, data, flight)
        except DeliveryError as error:
            error.recipients = error.recipients or envelope.states or None
            raise
        finally:
            self._pace.end(began)

    def _opened(self, account: Account) -> Link:
        link = Link(self._limits)
        self._pool.enter(link)
        try:
            open_link(link, account)
        except BaseException:
            self._pool.drop(link)
            raise
        return link

    def _converse(
        self, link: Link, account: Account, envelope: Envelope, data: bytes, flight: Flight
    ) -> Receipt:
        try:
            return Conversation(link, account, envelope, flight).run(data)
        except DeliveryError:
            raise
        except BaseException:
            link.close()
            raise
        finally:
            self._pool.give(account, link)

    def _tidy(self) -> None:
        self._tidying = None
        if not self._closed and self._threads is not None:
            self._threads.submit(self._pool.tidy)


def _heard(work: asyncio.Future[Receipt]) -> None:
    # Or the loop would report the error of a letter that nobody waits for any more.
    if not work.cancelled():
        work.exception()


def _not_configured() -> Configuration:
    text = _("No SMTP server is set: enter one in the admin under SMTP account, or set SMTP_URL.")
    return Configuration("not_configured", text)


def _too_long(account: Account) -> Temporary:
    text = _("%s answers too slowly: no connection was free for this letter.") % account.host
    return Temporary("timeout", text, floor=FLOOR, endpoint=False)


def _cut_off(envelope: Envelope) -> Unknown:
    text = _("Stopped while the letter was handed over; whether it was received is unknown.")
    return Unknown("worker_lost", text, recipients=envelope.states or None, endpoint=False)
