"""A partner with a webhook, its entity, a lead of it, and the partner in a profile."""

import pytest

from distribution.models import Assignment, Entity, Lead
from partners.models import Partner
from tests.delivery.trying.forms import HEADER, SEALED
from tests.factories import (
    AssignmentFactory,
    EntityFactory,
    LeadFactory,
    acme_with_header,
    make_fields,
)


@pytest.fixture
def entity(db: None) -> Entity:
    entity = EntityFactory.create(name="Solar lead", slug="solar-lead", display_field="name")
    make_fields(entity, name="text", size="number", iban={"type": "text", "encrypted": True})
    return entity


@pytest.fixture
def acme(entity: Entity) -> Partner:
    """With a webhook that signs nothing and has a header."""
    return acme_with_header(HEADER)


@pytest.fixture
def lead(entity: Entity) -> Lead:
    return LeadFactory.create(entity=entity, values={"name": "Ana", "size": 3}, hidden={"iban": SEALED})


@pytest.fixture
def assignment(acme: Partner, entity: Entity) -> Assignment:
    return AssignmentFactory.create(partner=acme, profile__entity=entity, settings=None)
