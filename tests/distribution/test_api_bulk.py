"""POST /api/leads/bulk: each lead of a batch on its own."""

import json
from typing import Any

import pytest
from django.test import Client

from delivery.models import Job
from distribution.models import ApiKey, Entity, Idempotency, Lead, Profile
from distribution.routing.waiting import drain
from tests import factories as f
from tests.distribution.answers import errors, success
from tests.distribution.conftest import PLAIN, Source, changed

ROW = {"name": "Ana"}


def test_bulk_takes_and_refuses_each_row_on_its_own(source: Source, profile: Profile) -> None:
    batch = [
        {"name": "Ana", "Roof size": 40, "utm": "x"},
        {"email": "ben@example"},
        "no object",
        {"name": "Cem", "entity": "solar-lead"},
        {"name": "Dan", "entity": "roof-lead"},
    ]
    answer = success(source.bulk(batch, campaign="autumn"))
    assert (answer["accepted"], answer["refused"], answer["ignored"]) == (2, 3, ["campaign"])
    results = answer["results"]
    assert [(row["row"], row["status"]) for row in results] == [
        (0, "success"), (1, "error"), (2, "error"), (3, "success"), (4, "error"),
    ]  # fmt: skip
    assert [row["errors"].keys() for row in results if row["status"] == "error"] == [
        {"name", "email"}, {"row"}, {"entity"},
    ]  # fmt: skip
    assert results[0]["ignored"] == ["utm"]
    lead = Lead.objects.get(id=results[0]["lead_id"])
    assert (lead.values["size"], lead.source, lead.routing) == (40, "landing page", "waiting")
    assert {str(lead.pk) for lead in Lead.objects.all()} == {results[0]["lead_id"], results[3]["lead_id"]}


def test_bulk_leads_are_routed_by_the_next_drain(source: Source, profile: Profile) -> None:
    success(source.bulk([ROW, {"name": "Ben"}]))
    assert not Job.objects.exists()
    assert drain() == 2
    assert Job.objects.filter(status="queued").count() == 2


def test_bulk_answers_in_the_order_of_the_batch(source: Source, entity: Entity) -> None:
    names = [f"N{n}" for n in range(20)]
    answer = success(source.bulk([{"name": name} for name in names]))
    kept = {str(lead.pk): lead.values["name"] for lead in Lead.objects.all()}
    assert [kept[row["lead_id"]] for row in answer["results"]] == names


@pytest.mark.parametrize(
    ("action", "said", "kept"), [("skip", "skipped", "Ana"), ("update", "updated", "Ben"), ("create", "", "")]
)
def test_bulk_duplicates_within_a_batch(
    source: Source, entity: Entity, action: str, said: str, kept: str
) -> None:
    changed(entity.fields.get(key="email"), match_order=1)
    ApiKey.objects.update(duplicates=action)
    rows = [{"name": "Ana", "email": "a@example.com"}, {"name": "Ben", "email": "A@EXAMPLE.com"}]
    first, second = success(source.bulk(rows))["results"]
    assert "duplicate" not in first
    assert second.get("duplicate", "") == said
    assert (first["lead_id"] == second["lead_id"]) is bool(said)
    assert Lead.objects.count() == (1 if said else 2)
    if kept:
        assert Lead.objects.get().values["name"] == kept


def test_bulk_knows_a_lead_of_an_earlier_request(source: Source, entity: Entity) -> None:
    changed(entity.fields.get(key="email"), match_order=1)
    row = {"name": "Ana", "email": "a@example.com"}
    one = success(source.post({"entity": "solar-lead", **row}))
    [again] = success(source.bulk([row]))["results"]
    assert (again["lead_id"], again["duplicate"]) == (one["lead_id"], "skipped")
    assert again["created_at"] == one["created_at"]


def test_bulk_1000_rows_fit_and_1001_do_not(source: Source, entity: Entity) -> None:
    rows = [{"name": f"N{n}"} for n in range(1001)]
    assert "1001 leads are too many" in errors(source.bulk(rows), 422)["batch"][0]
    assert not Lead.objects.exists()
    assert success(source.bulk(rows[:1000]))["accepted"] == 1000
    assert Lead.objects.count() == 1000


@pytest.mark.parametrize("batch", [None, [], {}, "x", 7, {"name": "Ana"}], ids=repr)
def test_bulk_422_no_list(source: Source, entity: Entity, batch: Any) -> None:
    assert "list of objects" in errors(source.bulk(batch), 422)["batch"][0]


def test_bulk_422_without_an_entity_of_its_own(source: Source, entity: Entity) -> None:
    response = source.post({"batch": [{**ROW, "entity": "solar-lead"}]}, path="/api/leads/bulk")
    assert errors(response, 422).keys() == {"entity"}


def test_bulk_403_entity_of_another_key(source: Source, key: ApiKey, entity: Entity) -> None:
    key.entities.add(f.EntityFactory.create(slug="roof-lead"))
    assert errors(source.bulk([ROW]), 403).keys() == {"entity"}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_bulk_415_form(source: Source, kind: str) -> None:
    response = source.post("entity=solar-lead&batch=x", kind=kind, path="/api/leads/bulk")
    assert "application/json" in errors(response, 415)["body"][0]


def test_bulk_takes_what_is_too_long_for_one_lead_and_413_above_8_mb(source: Source, entity: Entity) -> None:
    rows = [{"name": "Ana", "x": "y" * 60_000} for _ in range(30)]
    assert success(source.bulk(rows))["accepted"] == 30
    response = source.post(b" " * (8 * 1024**2 + 1), path="/api/leads/bulk")
    assert "larger than 8 MB" in errors(response, 413)["body"][0]


def test_bulk_idempotency_key(source: Source, entity: Entity) -> None:
    def post(name: str) -> Any:
        body = {"entity": "solar-lead", "batch": [{"name": name}]}
        return source.post(body, path="/api/leads/bulk", idempotency_key="t")

    first = post("Ana")
    assert json.loads(post("Ana").content) == success(first)
    assert "Idempotency-Key" in errors(post("Ben"), 409)
    assert Lead.objects.count() == Idempotency.objects.count() == 1


def test_bulk_401_before_the_body_is_read(client: Client, db: None) -> None:
    response = client.post("/api/leads/bulk", "{", content_type="application/json")
    assert "authorization" in errors(response, 401)


@pytest.mark.parametrize("method", ["head", "put", "patch", "delete", "options"])
def test_bulk_405(client: Client, method: str) -> None:
    response = getattr(client, method)("/api/leads/bulk", headers={"Authorization": PLAIN})
    assert (response.status_code, response["Allow"]) == (405, "POST")
