"""What the portal's tests share: people, an entity with fields of many types, entries of its leads."""

from collections.abc import Callable
from typing import Any

import pytest

from distribution.models import Entity
from partners.models import DeliverySettings
from portal.models import Entry
from tests.factories import (
    DeliverySettingsFactory,
    EntityFactory,
    EntryFactory,
    LeadFactory,
    make_fields,
)
from tests.people import People, make_people

EntryMaker = Callable[..., Entry]
SettingsMaker = Callable[..., DeliverySettings]


@pytest.fixture
def people(db: None) -> People:
    return make_people()


@pytest.fixture
def entity(db: None) -> Entity:
    entity = EntityFactory.create(name="Solar lead", slug="solar-lead", display_field="name")
    make_fields(
        entity,
        name="text",
        phone="phone",
        email="email",
        score="number",
        address="address",
        iban={"type": "text", "encrypted": True},
    )
    return entity


@pytest.fixture
def lane(people: People) -> DeliverySettings:
    """The partner's portal settings: everything is ticked."""
    return DeliverySettingsFactory.create(partner=people.partner, kind="portal")


@pytest.fixture
def subset(people: People, entity: Entity) -> SettingsMaker:
    """`subset("name", "address.city")`: further settings of the partner that tick these alone."""

    def make(*ticks: str) -> DeliverySettings:
        return DeliverySettingsFactory.create(
            partner=people.partner,
            kind="portal",
            scope="subset",
            everything=False,
            per_entity={str(entity.pk): {"ticks": list(ticks)}} if ticks else {},
        )

    return make


@pytest.fixture
def make_entry(people: People, entity: Entity, lane: DeliverySettings) -> EntryMaker:
    """`make_entry(values={…}, hidden={…}, review=…)`: a lead in the partner's feed."""

    def make(
        values: dict[str, Any] | None = None, hidden: dict[str, Any] | None = None, **given: Any
    ) -> Entry:
        lead = LeadFactory.create(entity=given.pop("entity", entity), values=values or {}, hidden=hidden)
        settings = given.pop("settings", lane)
        return EntryFactory.create(lead=lead, partner=settings.partner, settings=settings, **given)

    return make
