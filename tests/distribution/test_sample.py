"""The made-up lead: a value for each type, stored only as a test, and never among the real ones."""

from datetime import timedelta

import pytest

from distribution import sample
from distribution.cap_uses import Uses
from distribution.catalogue import entity_spec
from distribution.fields import TYPES
from distribution.intake.reader import Reader
from distribution.models import Entity, Lead
from leadflip.kit import clock
from partners.models import Revision
from partners.sheet import Ticks
from tests.factories import AssignmentFactory, EntityFactory, LeadFactory, make_fields

OPTIONS = {"options": ["One", "Two", "Three"]}


@pytest.fixture
def entity(db: None) -> Entity:
    """A field of each type, and an encrypted one."""
    entity = EntityFactory.create(display_field="text")
    make_fields(entity, **{key: {"type": key, **OPTIONS} for key in TYPES}, iban={"encrypted": True})
    return entity


@pytest.mark.parametrize("country", ["", "DE", "US", "XX"])
def test_each_type_has_a_value_that_fits(entity: Entity, country: str) -> None:
    Entity.objects.update(country=country)
    made = sample.values(entity_spec(Revision.current(), entity.pk))
    assert made.errors == {}
    assert {*made.values, *made.hidden} >= {*TYPES, "iban"}
    assert made.values["multi_select"] == ["One", "Two"]


def test_example_is_stored_nowhere(entity: Entity) -> None:
    sheet = Reader().examples(entity.pk)[0][1]
    assert {cell.key for cell in sheet.ticked(Ticks()) if cell.value is not None} == {*TYPES, "iban"}
    assert not Lead.objects.exists()


def test_sample_is_a_test_that_is_sealed_and_not_routed(entity: Entity) -> None:
    lead = Lead.objects.get(pk=Reader().sample(entity.pk))
    assert (lead.test, lead.routing, lead.source) == (True, "none", "test")
    assert "iban" not in lead.values
    assert lead.sealed is not None


def test_recent_leads_by_entity_without_tests(entity: Entity) -> None:
    other = EntityFactory.create()
    began = clock.now()
    leads = [
        LeadFactory.create(entity=each, created_at=began + timedelta(seconds=place))
        for place, each in enumerate((entity, other, entity, entity))
    ]
    Reader().sample(entity.pk)
    found = [sheet.lead_id for sheet in Reader().recent([entity.pk, other.pk], 2)]
    assert found == [leads[3].pk, leads[2].pk, leads[1].pk]
    assert Reader().recent([], 2) == []


def test_profiles_that_use_the_partners_own_settings(entity: Entity) -> None:
    own = AssignmentFactory.create(settings=None)
    AssignmentFactory.create(settings=None, partner=own.partner, profile=own.profile)
    AssignmentFactory.create(partner=own.partner)
    assert Uses().use(own.partner).profiles == 1
