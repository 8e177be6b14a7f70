"""An entity for ticks and templates."""

import pytest

from distribution.models import Entity
from tests.factories import EntityFactory, make_fields


@pytest.fixture
def entity(db: None) -> Entity:
    entity = EntityFactory.create(name="Solar lead", slug="solar-lead")
    make_fields(
        entity, name="text", address="address", iban={"type": "text", "encrypted": True}, score="number"
    )
    return entity
