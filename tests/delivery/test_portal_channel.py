"""The portal channel: an entry a job, none for a test."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from delivery.channels.base import Parcel, Receipt
from delivery.channels.portal import PortalChannel
from leadflip.kit.ids import uuid7
from partners.kinds.portal import PortalConfig
from portal.models import Entry
from tests.delivery.letters import NOW
from tests.factories import DeliverySettingsFactory, LeadFactory

pytestmark = pytest.mark.django_db(transaction=True)


def parcel(**more: Any) -> Parcel[PortalConfig]:
    settings, lead = DeliverySettingsFactory.create(kind="portal"), LeadFactory.create()
    usual: dict[str, Any] = {
        "id": uuid7(),
        "attempt": 1,
        "lead_id": lead.id,
        "entity": lead.entity.slug,
        "entity_id": lead.entity_id,
        "partner_id": settings.partner_id,
        "settings_id": settings.id,
        "lead_created_at": NOW,
        "cells": (),
        "config": PortalConfig(),
        "secrets": {},
        "price": "12.5000",
        "currency": "EUR",
        "now": NOW,
    }
    return Parcel(**{**usual, **more})


def send(*parcels: Parcel[PortalConfig]) -> list[Receipt]:
    async def run() -> list[Receipt]:
        channel = PortalChannel()
        try:
            return [await channel.send(channel.render(one), one) for one in parcels]
        finally:
            await channel.close()

    return asyncio.run(run())


def test_lead_appears_in_the_feed() -> None:
    one = parcel()
    assert send(one) == [Receipt()]
    entry = Entry.objects.get()
    assert entry.id == one.id
    assert (entry.partner_id, entry.settings_id, entry.lead_id) == (
        one.partner_id,
        one.settings_id,
        one.lead_id,
    )
    assert (entry.price, entry.currency, entry.created_at) == (Decimal("12.5"), "EUR", NOW)


def test_sent_twice_is_one_entry() -> None:
    one = parcel(price=None)
    send(one, one)
    assert Entry.objects.get().price is None


def test_nothing_is_rendered() -> None:
    assert PortalChannel().render(parcel()).body == b""


def test_test_lead_has_no_entry() -> None:
    [receipt] = send(parcel(test=True, id=UUID(int=1)))
    assert "test" in receipt.note
    assert not Entry.objects.exists()
