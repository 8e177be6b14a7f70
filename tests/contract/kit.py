"""What a delivery method brings to the contract suite: its channel, and a real other side.

A new kind adds a Kit in `tests/contract/kinds/<kind>.py` and one line to `KITS` there.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from delivery.channels.base import Channel, Message, Parcel, Receipt
from leadflip.kit.ids import uuid7
from partners.sheet import Column, Sheet, Ticks

T = TypeVar("T")

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

# What a parcel carries: values that must arrive, and values that must not.
TICKED = {"first_name": "ticked-Zoë", "iban": "ticked-iban", "city": "ticked-Zürich"}
UNTICKED = {"notes": "unticked-notes", "score": "unticked-score", "street": "unticked-street"}
SECRET = "s3cret-canary"

COLUMNS = (
    Column("first_name", "First name", "text"),
    Column("iban", "IBAN", "text", encrypted=True),
    Column("address", "Address", "address"),
    Column("notes", "Notes", "textarea", encrypted=True),
    Column("score", "Score", "text"),
)
TICKS = Ticks(everything=False, keys=frozenset({"first_name", "iban", "address.city"}))


class Kit(ABC):
    """A context manager: inside it the other side listens. `tables`: those that sending may touch."""

    key: ClassVar[str]
    pushes: ClassVar[bool] = True  # whether values leave at all
    refusable: ClassVar[bool] = True  # whether there is another side that can fail
    tables: ClassVar[frozenset[str]] = frozenset()

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self.start(self._stack)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @abstractmethod
    def start(self, stack: ExitStack) -> None:
        """Starts the other side; what `stack` is given is closed at the end."""

    @abstractmethod
    def channel(self) -> Channel[Any]:
        """A new channel; called inside the running event loop."""

    @abstractmethod
    def config(self) -> Any:
        """The kind's configuration, leading to the other side."""

    def secrets(self) -> dict[str, Any]:
        """The parcel's secrets; each holds SECRET."""
        return {}

    def refuse_for_now(self) -> None:
        """Makes the other side fail the next delivery in a way that may pass."""
        raise NotImplementedError

    @abstractmethod
    def arrived(self) -> list[str]:
        """All that came to the other side, a text a delivery, decoded as a recipient would."""

    @abstractmethod
    def ids(self) -> list[str]:
        """The id of each delivery that came, by which the other side knows repeats."""

    def owners(self) -> dict[str, Any]:
        """The ids of the parcel's rows, for a kind that writes some."""
        return {"lead_id": uuid7(NOW), "partner_id": 1, "settings_id": 1, "entity_id": 1}

    def parcel(self, ticks: Ticks = TICKS) -> Parcel[Any]:
        """A parcel whose lead holds TICKED and UNTICKED."""
        owners = self.owners()
        return Parcel(
            id=uuid7(NOW),
            attempt=1,
            entity="solar-lead",
            lead_created_at=NOW,
            cells=sheet(owners["lead_id"], owners["entity_id"]).ticked(ticks),
            config=self.config(),
            secrets=self.secrets(),
            price="12.5000",
            currency="EUR",
            timeout=5,
            now=NOW,
            **owners,
        )


def sheet(lead_id: UUID, entity_id: int) -> Sheet:
    """The lead of every parcel; what is encrypted opens."""
    address = {"city": TICKED["city"], "street": UNTICKED["street"]}
    clear = {"first_name": TICKED["first_name"], "score": UNTICKED["score"], "address": address}
    sealed = {"iban": TICKED["iban"], "notes": UNTICKED["notes"]}
    return Sheet(lead_id, entity_id, "solar-lead", "first_name", NOW, COLUMNS, clear, lambda: sealed)


def run(kit: Kit, work: Callable[[Channel[Any]], Coroutine[Any, Any, T]]) -> T:
    """What `work(channel)` gives, in a loop of its own; the channel is closed after it."""

    async def main() -> T:
        channel = kit.channel()
        try:
            return await work(channel)
        finally:
            if (close := getattr(channel, "close", None)) is not None:
                await close()

    return asyncio.run(main())


def deliver(kit: Kit, *parcels: Parcel[Any]) -> list[Receipt]:
    """Renders and sends each parcel."""

    async def work(channel: Channel[Any]) -> list[Receipt]:
        return [await channel.send(channel.render(parcel), parcel) for parcel in parcels]

    return run(kit, work)


def rendered(kit: Kit, parcel: Parcel[Any]) -> Message:
    """The parcel's message."""

    async def work(channel: Channel[Any]) -> Message:
        return channel.render(parcel)

    return run(kit, work)
