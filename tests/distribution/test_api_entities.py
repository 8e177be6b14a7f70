"""GET /api/entities: what a key may post."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from distribution.fields import TYPES
from distribution.models import ApiKey, Entity
from leadflip.kit import clock
from partners.sheet import ADDRESS_PARTS
from tests import factories as f
from tests.distribution.answers import errors, success
from tests.distribution.conftest import PLAIN, Source, changed


def test_entities_with_their_fields(source: Source, entity: Entity) -> None:
    changed(entity.fields.get(key="email"), match_order=1)
    [told] = success(source.get("/api/entities"))["entities"]
    fields = {field["key"]: field for field in told.pop("fields")}
    assert told == {"id": entity.pk, "slug": "solar-lead", "name": "Solar lead", "currency": "EUR"}
    assert list(fields) == ["name", "email", "size", "roofs", "callback", "address", "iban", "born"]
    plain = {"encrypted": False, "match": False, "required": False}
    assert fields["name"] == {**plain, "key": "name", "label": "Full name", "type": "text", "required": True}
    assert fields["email"]["match"] is True
    assert fields["iban"]["encrypted"] is True
    assert fields["roofs"]["options"] == ["Flat", "Gable"]
    assert fields["callback"]["default"] is False
    assert fields["address"]["parts"] == list(ADDRESS_PARTS)


def test_entities_only_those_of_the_key(source: Source, key: ApiKey, entity: Entity) -> None:
    f.EntityFactory.create(slug="roof-lead", name="Roof lead")
    key.entities.add(entity)
    assert [each["slug"] for each in success(source.get("/api/entities"))["entities"]] == ["solar-lead"]
    key.entities.clear()
    found = [each["slug"] for each in success(source.get("/api/entities"))["entities"]]
    assert found == ["roof-lead", "solar-lead"]


def test_entities_leave_out_archived_fields(source: Source, entity: Entity) -> None:
    changed(entity.fields.get(key="size"), archived_at=clock.now())
    [told] = success(source.get("/api/entities"))["entities"]
    assert "size" not in [field["key"] for field in told["fields"]]


def test_entities_cost_no_more_queries_for_more_of_them(source: Source, entity: Entity) -> None:
    def queries() -> int:
        source.get("/api/entities")
        with CaptureQueriesContext(connection) as found:
            success(source.get("/api/entities"))
        return len(found)

    one = queries()
    for _ in range(3):
        f.make_fields(f.EntityFactory.create(), **dict.fromkeys(TYPES, "text"))
    assert queries() == one <= 2


@pytest.mark.parametrize("header", ["", "Bearer lf_no_key"])
def test_entities_401(client: Client, db: None, header: str) -> None:
    response = client.get("/api/entities", headers={"Authorization": header})
    assert "authorization" in errors(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"


def test_entities_bare_and_revoked_key(source: Source, entity: Entity, client: Client) -> None:
    success(client.get("/api/entities", headers={"Authorization": PLAIN}))
    ApiKey.objects.update(revoked_at=clock.now())
    assert "revoked" in errors(source.get("/api/entities"), 401)["authorization"][0]


@pytest.mark.parametrize("method", ["head", "put", "patch", "delete", "options", "post"])
def test_entities_405(client: Client, method: str) -> None:
    response = getattr(client, method)("/api/entities", headers={"Authorization": PLAIN})
    assert (response.status_code, response["Allow"]) == (405, "GET")
