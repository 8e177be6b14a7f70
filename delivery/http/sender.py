"""One HTTP call: sent once, answered or explained."""

import asyncio
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp.abc import AbstractResolver
from django.conf import settings
from django.utils.translation import gettext as _

from delivery.channels.base import Answer, DeliveryError, Receipt, Unknown
from delivery.http.answers import judge
from delivery.http.connections import DNS_SECONDS, connections
from delivery.http.exchange import Exchanger
from delivery.http.failures import explain, left_nothing, went_stale
from delivery.wire import Trace, begin
from partners.outgoing import Target

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Call:
    """`timeout` is in seconds, from here to the last byte that is read. `now`: what dates compare with."""

    method: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: float
    now: datetime


class Sender:
    """The webhooks' way out, one a process and event loop.

    `resolver` answers for the system's name look-up; an answer is kept for `dns_seconds`.
    """

    def __init__(self, *, resolver: AbstractResolver | None = None, dns_seconds: int = DNS_SECONDS) -> None:
        self._usual: Exchanger | None = None
        self._fresh: Exchanger | None = None
        self._resolver = resolver
        self._dns_seconds = dns_seconds

    async def send(self, call: Call) -> Receipt:
        """Sends once; a kept connection found dead costs a second, fresh one.

        Returns a Receipt for 2xx, raises Temporary or Unknown for all else. When its task is cancelled
        it raises CancelledError only if nothing was sent, else Unknown, or what the answer says.
        """
        trace = Trace()
        begin(trace)
        failure, note = await self._outcome(call, trace)
        # Outside of any handler: aiohttp's errors hold header values, and none shall hang on.
        if failure is not None:
            raise failure
        return judge(trace, call.target, call.now, note)

    async def _outcome(self, call: Call, trace: Trace) -> tuple[DeliveryError | None, str]:
        try:
            async with asyncio.timeout(call.timeout):
                await self._exchange(call, trace)
        except asyncio.CancelledError:
            if not (trace.sent or trace.earlier):
                raise
            return _after_answer(trace, _cut_off(call, trace))
        except Exception as error:
            failure = explain(error, trace, call.target, call.timeout)
            if failure.error_class == "internal":
                log.error("webhook call failed: %s", _place(error))
            return _after_answer(trace, failure)
        return None, ""

    async def _exchange(self, call: Call, trace: Trace) -> None:
        if self._usual is None:
            self._usual = self._made()
        try:
            await _exchanged(self._usual, call, trace)
        except Exception as error:
            if not went_stale(error, trace):
                raise
            trace.again(left_nothing=left_nothing(error))
            if self._fresh is None:
                self._fresh = self._made(fresh=True)
            await _exchanged(self._fresh, call, trace)

    def _made(self, *, fresh: bool = False) -> Exchanger:
        ways = connections(
            allow=tuple(settings.OUTGOING_ALLOW),
            ca_file=settings.OUTGOING_CA_FILE,
            fresh=fresh,
            resolver=self._resolver,
            dns_seconds=self._dns_seconds,
        )
        return Exchanger(ways)

    async def close(self) -> None:
        """Closes the connections."""
        for used in (self._usual, self._fresh):
            if used is not None:
                await used.close()


async def _exchanged(way: Exchanger, call: Call, trace: Trace) -> None:
    await way.exchange(call.method, call.target.url, call.headers, call.body, trace)


def _after_answer(trace: Trace, failure: DeliveryError) -> tuple[DeliveryError | None, str]:
    """A status that came in is the answer, whatever happened to the body."""
    if trace.status is None:
        return failure, ""
    return None, _("The answer's body was cut off.")


def _cut_off(call: Call, trace: Trace) -> Unknown:
    return Unknown(
        "timeout",
        _("The call was cut off before %s answered.") % call.target.host,
        answer=Answer(address=trace.address),
        endpoint=False,
    )


def _place(error: Exception) -> str:
    """Type and place of an error, without its text, which may hold header values."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}"
