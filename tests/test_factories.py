"""Every factory makes a row that the database accepts, with parts that belong together."""

import pytest
from factory.django import DjangoModelFactory

from tests import factories as f

pytestmark = pytest.mark.django_db

FACTORIES = [
    factory
    for factory in vars(f).values()
    if isinstance(factory, type)
    and issubclass(factory, DjangoModelFactory)
    and factory is not DjangoModelFactory
]


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_factory_twice_makes_rows(factory: type[DjangoModelFactory[object]]) -> None:
    if factory is f.SmtpAccountFactory:
        factory.create()
    else:
        assert len(factory.create_batch(2)) == 2


def test_job_belongs_to_its_lead_and_assignment() -> None:
    job = f.JobFactory.create()
    assert job.assignment is not None
    assert job.assignment.profile.entity == job.lead.entity
    assert job.settings.partner == job.partner == job.assignment.partner


@pytest.mark.parametrize("status", ["retrying", "sending", "delivered", "failed", "cancelled"])
def test_job_status_traits(status: str) -> None:
    assert f.JobFactory.create(**{status: True}).status == status


def test_job_test_has_no_assignment() -> None:
    job = f.JobFactory.create(test=True)
    assert job.assignment is None
    assert job.settings.partner == job.partner


def test_secrets_are_sealed_into_the_settings() -> None:
    row = f.DeliverySettingsFactory.create(secrets={"headers": {"X-Key": "s3cret"}})
    row.refresh_from_db()
    assert row.secrets() == {"headers": {"X-Key": "s3cret"}}


def test_hidden_values_are_sealed_into_the_lead() -> None:
    lead = f.LeadFactory.create(hidden={"iban": "DE89"})
    assert b"DE89" not in bytes(lead.sealed or b"")
    assert lead.sealed_key


def test_make_fields_keeps_the_order() -> None:
    entity = f.EntityFactory.create()
    f.make_fields(entity, name="text", iban={"encrypted": True})
    assert list(entity.fields.values_list("key", "encrypted")) == [("name", False), ("iban", True)]


def test_user_password_signs_in() -> None:
    person = f.UserFactory.create(email="Ana@Example.com", password="correct horse battery")
    assert person.email == "ana@example.com"
    assert person.check_password("correct horse battery")


def test_entry_and_traits() -> None:
    entry = f.EntryFactory.create(answered=True)
    assert entry.review == "accepted"
    assert f.EntryEventFactory.create(entry=entry).partner == entry.partner
