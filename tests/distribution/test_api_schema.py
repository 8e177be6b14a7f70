"""Whatever is sent, the API answers as its document says: no 5xx, only statuses and bodies that stand there.

Cases are made by schemathesis from the document: sound bodies, and broken ones. They are the same in
each run.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from distribution.api.problems import OTHER_ID
from distribution.fields import TYPES
from distribution.models import ApiKey, Lead
from tests import factories as f
from tests.distribution.answers import success
from tests.distribution.conftest import PLAIN, Source

SLUG = "every-type"
HEADERS = {"Authorization": f"Bearer {PLAIN}"}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_headers_conformance,
    schemathesis.checks.response_schema_conformance,
]
# Cases an operation: a few seconds each.
CASES = {"post_lead": 120, "post_leads": 60, "get_lead": 40, "get_entities": 20}


@pytest.fixture
def document(source: Source, client: Client) -> dict[str, Any]:
    """The document for a key of one entity with a field of each type."""
    entity = f.EntityFactory.create(slug=SLUG)
    f.make_fields(
        entity, **{key: {"type": key, "options": ["One", "Two"]} for key in TYPES}, iban={"encrypted": True}
    )
    ApiKey.objects.update(audit=True)
    found: dict[str, Any] = client.get("/api/openapi.json", headers=HEADERS).json()
    body = _body(found, "/api/intake")
    example = body["examples"][SLUG]["value"]
    success(source.post(example))
    lead_id = str(Lead.objects.get().pk)
    for content in (
        *found["paths"]["/api/intake"]["post"]["requestBody"]["content"].values(),
        _body(found, "/api/leads/bulk"),
    ):
        _aim(content["schema"], example)
    [parameter] = found["paths"]["/api/leads/{lead_id}"]["get"]["parameters"]
    parameter["schema"] = {"type": "string", "enum": [lead_id, OTHER_ID]}
    return found


@pytest.fixture
def app(document: dict[str, Any]) -> Iterator[WSGIHandler]:
    """The site in this process, within the test's transaction, whose connection no request ends.

    After `document`, whose client puts back what is taken away here.
    """
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield WSGIHandler()
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("operation_id", CASES)
def test_whatever_is_sent_is_answered_as_documented(
    app: WSGIHandler, document: dict[str, Any], operation_id: str
) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    operation = schema.find_operation_by_id(operation_id)
    sound, broken = (operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode)
    answered = set()

    @settings(
        max_examples=CASES[operation_id],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=sound | broken)
    def run(case: Any) -> None:
        response = case.call_and_validate(headers=HEADERS, checks=CHECKS)
        answered.add(response.status_code)

    run()
    assert 200 in answered


def _body(document: dict[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return found


def _aim(schema: dict[str, Any], example: dict[str, Any]) -> None:
    """Makes bodies name the entity and its fields, with sound values or any others."""
    properties = schema["properties"]
    properties["entity"] = {"enum": [SLUG]}
    row = properties["batch"]["items"]["properties"] if "batch" in properties else properties
    for name, value in example.items():
        if name not in row:
            row[name] = {"anyOf": [{"enum": [value]}, {}]}
    if "batch" in properties:
        row.pop("entity")
