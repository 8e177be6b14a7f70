"""Each bad input gets the error that a developer needs, and nothing of it is stored."""

import json
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from delivery.models import Job
from distribution.fields import TYPES
from distribution.models import ApiKey, Entity, Idempotency, Lead, LeadKey
from tests import factories as f
from tests.distribution.answers import errors, success
from tests.distribution.bad_inputs import ALL, SLUG, Bad
from tests.distribution.conftest import PLAIN

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response


@pytest.fixture
def every_type(key: ApiKey) -> Entity:
    """A field of each type; the name is required, the e-mail address is a match key."""
    entity = f.EntityFactory.create(slug=SLUG, name="All of them", country="DE")
    f.make_fields(
        entity,
        name={"required": True, "label": "Full name"},
        remarks="textarea",
        size="number",
        email={"type": "email", "match_order": 1},
        phone="phone",
        start="date",
        visit="datetime",
        roof={"type": "select", "options": ["Flat", "Gable"]},
        extras={"type": "multi_select", "options": ["Garden", "Cellar"]},
        callback="checkbox",
        site="url",
        address="address",
        iban={"type": "text", "encrypted": True},
        born={"type": "date", "encrypted": True},
        detail_a={"type": "text", "label": "Roof detail"},
        detail_b={"type": "text", "label": "Roof detail"},
    )
    return entity


def test_bad_inputs_are_many_and_of_every_type(every_type: Entity) -> None:
    assert len(ALL) >= 150
    assert len({bad.name for bad in ALL}) == len(ALL)
    named = {bad.field.partition(".")[0] for bad in ALL}
    assert {field.type for field in every_type.fields.filter(key__in=named)} == {*TYPES}


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_bad_input_is_told_and_not_stored(every_type: Entity, client: Client, bad: Bad) -> None:
    headers = {"Authorization": f"Bearer {PLAIN}", "Idempotency-Key": "once", **bad.headers}
    send = getattr(client, bad.method)
    response = send(bad.path, bad.body, content_type=bad.kind, headers=headers)
    told = refusal(response, bad)
    assert list(told) == [bad.field], told
    assert bad.says in " ".join(told[bad.field]), told
    assert b"secret" not in response.content
    stored = [model._default_manager.count() for model in (Lead, LeadKey, Job)]
    assert stored == [0, 0, 0]
    assert Idempotency.objects.count() == (bad.code == 200)


def refusal(response: "Response", bad: Bad) -> dict[str, list[str]]:
    """The errors; of a batch that was answered, those of its only row."""
    if bad.code != 200:
        return errors(response, bad.code)
    [row] = success(response)["results"]
    assert row["status"] == "error"
    assert json.loads(response.content)["accepted"] == 0
    found: dict[str, list[str]] = row["errors"]
    return found
