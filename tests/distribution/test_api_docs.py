"""The API's document and reference: examples that run as shown, for those who may know of the entities."""

import html
import json
import re
import shlex
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from distribution.api import rate
from distribution.api.problems import OTHER_ID, SHOWN
from distribution.fields import TYPES
from distribution.models import ApiKey, Entity, Lead
from leadflip.kit import clock
from tests import factories as f
from tests.distribution.answers import success
from tests.distribution.conftest import PLAIN, Source, changed

FORM = "application/x-www-form-urlencoded"
PRE = re.compile(r"<pre[^>]* id=\"([\w-]+)\"[^>]*>(.*?)</pre>", re.S)


@pytest.fixture
def every_type(db: None) -> Entity:
    """A field of each type, all required, and an encrypted one with signs that a shell minds."""
    entity = f.EntityFactory.create(slug="every-type", name="Every type", country="XX")
    given = {"required": True, "options": ["Bed & breakfast", "Ana's $HOME", "Three"]}
    f.make_fields(entity, **{key: {"type": key, **given} for key in TYPES}, iban={"encrypted": True})
    return entity


def document(client: Client, key: str = "") -> dict[str, Any]:
    found: dict[str, Any] = client.get(
        "/api/openapi.json", headers={"Authorization": f"Bearer {key}"} if key else {}
    ).json()
    return found


def examples(found: dict[str, Any], path: str, kind: str = "application/json") -> dict[str, Any]:
    named = found["paths"][path]["post"]["requestBody"]["content"][kind]["examples"]
    return {slug: each["value"] for slug, each in named.items()}


def commands(page: str) -> dict[str, list[str]]:
    """What the shell would run, by the command's id."""
    return {name: shlex.split(html.unescape(text).replace(" \\\n", " ")) for name, text in PRE.findall(page)}


def test_document_has_every_address(client: Client, db: None) -> None:
    found = document(client)
    assert {path: set(operations) for path, operations in found["paths"].items()} == {
        "/api/intake": {"post"},
        "/api/leads/bulk": {"post"},
        "/api/leads/{lead_id}": {"get"},
        "/api/entities": {"get"},
        "/api/inbound/bounce": {"post"},
    }
    intake = found["paths"]["/api/intake"]["post"]
    assert set(intake["requestBody"]["content"]) == {"application/json", FORM, "multipart/form-data"}
    assert {str(shown.code) for shown in SHOWN} - {"404", "405"} <= set(intake["responses"])
    assert found["components"]["securitySchemes"]["KeyAuth"]["scheme"] == "bearer"


@pytest.mark.parametrize("key", ["", "lf_no_such_key"])
def test_document_names_no_entity_to_others(client: Client, entity: Entity, key: str) -> None:
    assert set(examples(document(client, key), "/api/intake")) == {"your-entity"}
    assert b"solar-lead" not in client.get("/api/openapi.json").content
    assert b"solar-lead" not in client.get("/api/docs").content


def test_document_names_no_entity_to_partners_and_revoked_keys(
    key: ApiKey, entity: Entity, client: Client
) -> None:
    ApiKey.objects.update(revoked_at=clock.now())
    assert set(examples(document(client, PLAIN), "/api/intake")) == {"your-entity"}
    client.force_login(f.UserFactory.create())
    assert set(examples(document(client), "/api/intake")) == {"your-entity"}


def test_document_shows_a_key_its_entities_only(key: ApiKey, entity: Entity, client: Client) -> None:
    f.EntityFactory.create(slug="roof-lead")
    key.entities.add(entity)
    assert set(examples(document(client, PLAIN), "/api/intake")) == {"solar-lead"}
    assert "max-age=0" in client.get("/api/openapi.json")["Cache-Control"]


def test_document_shows_ten_entities_at_most(sign_in: Callable[[str], Client], db: None) -> None:
    f.EntityFactory.create_batch(11)
    assert len(examples(document(sign_in("viewer")), "/api/intake")) == 10


def test_examples_of_the_document_run_as_shown(
    source: Source, entity: Entity, every_type: Entity, client: Client
) -> None:
    found = document(client, PLAIN)
    slugs = {"solar-lead", "every-type"}
    sent = examples(found, "/api/intake")
    assert sent.keys() == slugs
    assert set(sent["every-type"]) == {"entity", *TYPES, "iban", "test"}
    for body in sent.values():
        assert success(source.post(body))["ignored"] == []
    for body in examples(found, "/api/intake", FORM).values():
        assert success(source.post(urlencode(body, doseq=True), kind=FORM))["ignored"] == []
    for body in examples(found, "/api/leads/bulk").values():
        answer = success(source.post(body, path="/api/leads/bulk"))
        assert (answer["accepted"], answer["refused"]) == (2, 0)
    leads = Lead.objects.filter(entity=every_type)
    whole = [lead.values for lead in leads if lead.values.keys() == TYPES.keys()]
    assert len(whole) == leads.count() == 4
    assert {json.dumps(values["address"], sort_keys=True) for values in whole} == {
        json.dumps(sent["every-type"]["address"], sort_keys=True)
    }
    assert all(Lead.objects.values_list("test", flat=True))


def test_commands_of_the_reference_run_as_shown(
    source: Source, entity: Entity, every_type: Entity, sign_in: Callable[[str], Client]
) -> None:
    page = sign_in("operator").get("/api/docs").content.decode()
    shown = commands(page)
    assert {
        f"{slug}-{kind}" for slug in ("solar-lead", "every-type") for kind in ("json", "form", "batch")
    } < set(shown)
    for name in [name for name in shown if name.endswith(("-json", "-form", "-batch"))]:
        curl, address, header, key, *rest = shown[name]
        assert (curl, header, key) == ("curl", "--header", "Authorization: Bearer $LEADFLIP_KEY")
        flags, bodies = set(rest[::2]), rest[1::2]
        assert flags <= {"--json", "--data-urlencode"}
        as_json = flags == {"--json"}
        sent = bodies[0] if as_json else urlencode([pair.partition("=")[::2] for pair in bodies])
        path = address.removeprefix("http://testserver")
        answer = success(source.post(sent, path=path, kind="application/json" if as_json else FORM))
        assert answer.get("refused", 0) == 0


def test_reference_is_whole_offline_and_has_nothing_inline(client: Client, db: None) -> None:
    response = client.get("/api/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert 'src="/static/ninja/swagger-ui-bundle.js"' in page
    assert "http://testserver/api/" in page
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)
    assert not re.findall(r" style=| on\w+=", page)
    scripts = page.split("<script")[1:]
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert [str(shown.code) for shown in SHOWN] == re.findall(r'id="error-(\d+)"', page)


def test_shown_errors_are_answered_word_by_word(
    source: Source, key: ApiKey, entity: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate, "time", SimpleNamespace(monotonic=lambda: 0.0))
    rate.forget()
    good = {"entity": "solar-lead", "name": "Ana"}
    f.EntityFactory.create(slug="roof-lead")
    key.entities.add(entity)
    success(source.post(good, idempotency_key="t"))
    answers = {
        400: source.post('{"entity": "solar-lead"  "name": "Ana"}'),
        401: Source(source.client, "lf_none").post(good),
        403: source.post({**good, "entity": "roof-lead"}),
        404: source.get(f"/api/leads/{OTHER_ID}"),
        405: source.client.put("/api/intake"),
        409: source.post({**good, "name": "Ben"}, idempotency_key="t"),
        413: source.post(b" " * (1024**2 + 1)),
        415: source.post("x", kind="text/plain"),
        422: source.post({**good, "email": "ana"}),
    }
    changed(key, rate=60, name="Landing page", prefix="lf_1a2b3c4d")
    source.post(good, idempotency_key="t")  # which learns of the new rate
    for _ in range(60):
        rate.wait(key.pk, 60)
    answers[429] = source.post(good)
    shown = {each.code: each for each in SHOWN}
    told = {code: json.loads(response.content) for code, response in answers.items()}
    assert told == {code: json.loads(shown[code].body) for code in answers}
    assert {code: response.status_code for code, response in answers.items()} == {
        code: code for code in answers
    }
    for code, response in answers.items():
        name, _colon, text = shown[code].header.partition(": ")
        assert not name or response[name] == text
    rate.forget()
