"""An admin who is signed in, and an entity for ticks and templates."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from distribution.models import Entity
from partners.models import User
from tests.factories import EntityFactory, UserFactory, make_fields


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory.create(email="admin@example.com", admin=True)


@pytest.fixture
def desk(client: Client, admin: User) -> Client:
    """The admin's browser."""
    client.force_login(admin)
    return client


@pytest.fixture
def entity(db: None) -> Entity:
    entity = EntityFactory.create(name="Solar lead", slug="solar-lead")
    make_fields(
        entity, name="text", address="address", iban={"type": "text", "encrypted": True}, score="number"
    )
    return entity


@pytest.fixture
def sign_in(client: Client, db: None) -> Callable[[str], Client]:
    """`sign_in("operator")`: the browser of somebody with that role."""

    def enter(role: str) -> Client:
        person = UserFactory.create(is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        client.force_login(person)
        return client

    return enter
