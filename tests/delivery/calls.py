"""What tests of outgoing HTTP share: calls through a Sender, on either event loop, to loopback."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import uvloop
from aiohttp.abc import AbstractResolver, ResolveResult

from delivery.channels.base import DeliveryError, Receipt
from delivery.http import Call, Sender
from partners.outgoing import target

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOOPBACK = ("127.0.0.0/8", "::1")
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def call(
    url: str,
    *,
    body: bytes = b"{}",
    timeout: float = 5,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> Call:
    """A call to a URL on loopback."""
    return Call(method, target(url, LOOPBACK), headers or {}, body, timeout, NOW)


def run(work: Callable[[], Awaitable[T]], loop: str = "uvloop") -> T:
    """What `work` gives in a loop of that kind; a failure left behind in the loop fails the test."""
    left: list[dict[str, Any]] = []

    async def main() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: left.append(context))
        return await work()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        result = runner.run(main())
    assert left == []
    return result


def outcome(
    *calls: Call, loop: str = "uvloop", sender: Callable[[], Sender] = Sender
) -> list[Receipt | DeliveryError]:
    """The receipt or the error of each call, made one after the other by one sender."""

    async def work() -> list[Receipt | DeliveryError]:
        one = sender()
        try:
            return [await _one(one, each) for each in calls]
        finally:
            await one.close()

    return run(work, loop)


def failure(*calls: Call, loop: str = "uvloop", sender: Callable[[], Sender] = Sender) -> DeliveryError:
    """The error of the last call."""
    last = outcome(*calls, loop=loop, sender=sender)[-1]
    assert isinstance(last, DeliveryError), last
    return last


def receipt(*calls: Call, loop: str = "uvloop", sender: Callable[[], Sender] = Sender) -> Receipt:
    """The receipt of the last call."""
    last = outcome(*calls, loop=loop, sender=sender)[-1]
    assert isinstance(last, Receipt), last
    return last


async def _one(sender: Sender, each: Call) -> Receipt | DeliveryError:
    try:
        return await sender.send(each)
    except DeliveryError as error:
        return error


class Names(AbstractResolver):
    """A resolver that gives the next list of addresses at each question, then the last one again."""

    def __init__(self, *answers: Iterable[str]) -> None:
        self._answers = [list(answer) for answer in answers]
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


def named(resolver: AbstractResolver) -> Callable[[], Sender]:
    """Makes a sender whose names come from `resolver`, asked at every connection."""
    return lambda: Sender(resolver=resolver, dns_seconds=0)


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
