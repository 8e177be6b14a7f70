"""What email tests share: parcels, an account for a test server, and one delivery over it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import uvloop

from delivery.channels.base import DeliveryError, Lettering, Parcel, Receipt
from delivery.channels.email import EmailChannel
from delivery.smtp import Account, Limits, Sender
from partners.kinds.email import EmailConfig
from partners.sheet import Cell
from tests.servers.smtp import SmtpServer

T = TypeVar("T")

JOB = UUID("01890000-0000-7000-8000-000000000001")
LEAD = UUID("01890000-0000-7000-8000-000000000002")
NOW = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)
PATIENT = Limits(connect=10, command=10, before=10, after=10)

CELLS = (
    Cell("first_name", "First name", "text", "Jane"),
    Cell("amount", "Amount", "number", 1234.5),
    Cell("interests", "Interests", "multi_select", ["solar", "heat"]),
    Cell("owner", "Owner", "checkbox", True),
    Cell("call_at", "Call at", "datetime", "2026-11-25T09:30:00Z"),
    Cell("address", "Address", "address", {"street": "Main St", "house_number": "12", "city": "Utrecht"}),
    Cell("notes", "Notes", "textarea", "first\nsecond"),
    Cell("email", "Email", "email", None),
)


def parcel(
    *recipients: str,
    html: bool = False,
    subject: str = "",
    body: str = "",
    cells: tuple[Cell, ...] = CELLS,
    states: Mapping[str, Any] | None = None,
    **more: Any,
) -> Parcel[EmailConfig]:
    """A parcel for these recipients, one if none is named."""
    made = Parcel(
        id=JOB,
        attempt=1,
        lead_id=LEAD,
        entity="solar-lead",
        entity_id=1,
        partner_id=1,
        settings_id=1,
        lead_created_at=NOW,
        cells=cells,
        config=EmailConfig(recipients or ("a@example.com",), html),
        secrets={},
        lettering=Lettering(subject, body),
        recipients=states,
        display_field="first_name",
        now=NOW,
    )
    return replace(made, **more)


def account(server: SmtpServer, **more: Any) -> Account:
    """The account of a test server, in clear unless `security` says otherwise."""
    usual = {"host": "127.0.0.1", "security": "none", "address": "from@example.com", "name": "Leads"}
    return Account(**{**usual, "port": server.port, **more})


def deliver(given: Account | None, *parcels: Parcel[EmailConfig], limits: Limits = PATIENT) -> list[Receipt]:
    """Sends the parcels one after another over one channel."""

    async def run(channel: EmailChannel) -> list[Receipt]:
        return [await channel.send(channel.render(one), one) for one in parcels]

    return with_channel(lambda: given, run, limits)


def failure(given: Account | None, one: Parcel[EmailConfig], limits: Limits = PATIENT) -> DeliveryError:
    """The error of a delivery that has to fail."""
    try:
        deliver(given, one, limits=limits)
    except DeliveryError as error:
        return error
    raise AssertionError("It was delivered.")


def with_channel(
    source: Callable[[], Account | None],
    run: Callable[[EmailChannel], Awaitable[T]],
    limits: Limits = PATIENT,
) -> T:
    """What `run(channel)` returns, in a loop of its own; the channel is closed after it."""

    async def body() -> T:
        channel = EmailChannel(Sender(account=source, limits=limits))
        try:
            return await run(channel)
        finally:
            await channel.close()

    # The engine's own kind of loop.
    return uvloop.run(body())
