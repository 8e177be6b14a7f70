"""A source's key, an entity with fields of several types, and a partner in a saved profile."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from distribution.models import ApiKey, Entity, Profile
from distribution.services import save_profile
from partners.services import touch
from tests import factories as f

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

PLAIN = "lf_testtest_0123456789012345678901234567890123456789012"


@pytest.fixture
def key(db: None) -> ApiKey:
    """The key whose plain text is PLAIN."""
    return f.ApiKeyFactory.create(plain=PLAIN, source="landing page")


@pytest.fixture
def entity(db: None) -> Entity:
    """Required name, e-mail; number, roofs, an address, an encrypted IBAN and birthday."""
    entity = f.EntityFactory.create(slug="solar-lead", name="Solar lead", display_field="name")
    f.make_fields(
        entity,
        name={"required": True, "label": "Full name"},
        email="email",
        size={"type": "number", "label": "Roof size"},
        roofs={"type": "multi_select", "options": ["Flat", "Gable"]},
        callback={"type": "checkbox", "default": False},
        address="address",
        iban={"type": "text", "label": "Bank account", "encrypted": True},
        born={"type": "date", "encrypted": True},
    )
    return entity


@pytest.fixture
def profile(entity: Entity) -> Profile:
    """An enabled First match profile with one webhook partner, in force."""
    profile = f.ProfileFactory.create(entity=entity)
    f.AssignmentFactory.create(profile=profile)
    save_profile(profile=profile, by=None)
    return profile


def changed(row: Any, **values: Any) -> None:
    """Saves a configuration row as the admin does."""
    touch()
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


@dataclass
class Source:
    """A lead source that posts with a key."""

    client: Client
    plain: str = PLAIN

    def post(
        self, body: Any = None, *, kind: str = "application/json", path: str = "/api/intake", **headers: str
    ) -> "Response":
        """Posts `body` (JSON, or text of the content type `kind`) with headers such as `idempotency_key`."""
        sent = {"Authorization": f"Bearer {self.plain}", **{_header(k): v for k, v in headers.items()}}
        data = body if isinstance(body, str | bytes) else _json(body)
        return self.client.post(path, data, content_type=kind, headers=sent)

    def bulk(self, batch: Any, entity: Any = "solar-lead", **more: Any) -> "Response":
        """Posts a batch, with other names beside it."""
        return self.post({"entity": entity, "batch": batch, **more}, path="/api/leads/bulk")

    def get(self, path: str) -> "Response":
        """Asks with the key."""
        return self.client.get(path, headers={"Authorization": f"Bearer {self.plain}"})


@pytest.fixture
def source(key: ApiKey, client: Client) -> Source:
    """Posts with PLAIN."""
    return Source(client)


def _header(name: str) -> str:
    return name.replace("_", "-")


def _json(body: Any) -> str:
    return json.dumps(body)
