"""The channels of a process, opened and closed with it: one line a kind in `makers`."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Self

from delivery.channels.base import Channel

Maker = Callable[[], Channel[Any]]


def makers() -> dict[str, Maker]:
    """How each kind's channel is made."""
    from delivery.channels.email import EmailChannel
    from delivery.channels.portal import PortalChannel
    from delivery.channels.webhook import WebhookChannel

    return {"email": EmailChannel, "webhook": WebhookChannel, "portal": PortalChannel}


class Channels:
    """An async context manager that gives kind → channel, made inside the running loop.

    A channel that holds connections has `async def close()`; one that can hold only so many calls
    at a time says so in `places`.
    """

    def __init__(self, kinds: Mapping[str, Maker] | None = None) -> None:
        self._makers = makers() if kinds is None else kinds
        self._stack = AsyncExitStack()

    @classmethod
    def fixed(cls, kinds: Mapping[str, Channel[Any]]) -> Self:
        """Channels that somebody else made and closes."""
        return cls({kind: partial(_itself, channel) for kind, channel in kinds.items()})

    async def __aenter__(self) -> dict[str, Channel[Any]]:
        made = {kind: make() for kind, make in self._makers.items()}
        for channel in made.values():
            if (close := getattr(channel, "close", None)) is not None:
                self._stack.push_async_callback(close)
        return made

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


def _itself(channel: Channel[Any]) -> Channel[Any]:
    return channel
