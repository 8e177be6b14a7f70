"""POST /api/intake over HTTP: what it answers, in every case in one form."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from delivery.models import Job
from distribution.models import ApiKey, Decision, Entity, Lead, Profile
from distribution.services import save_profile
from leadflip.kit import clock, crypto
from leadflip.kit.ids import instant
from tests import factories as f
from tests.distribution.answers import errors, success
from tests.distribution.conftest import PLAIN, Source, changed

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

FORM = "application/x-www-form-urlencoded"


def lead_of(response: "Response") -> Lead:
    assert response.status_code == 200, response.content
    return Lead.objects.get(id=json.loads(response.content)["lead_id"])


@time_machine.travel(datetime(2026, 11, 24, 9, 30, 0, 250_000, tzinfo=UTC), tick=False)
def test_intake_json(source: Source, profile: Profile) -> None:
    sent = {"entity": "solar-lead", "Full Name": "Ana", "E-Mail": "ana@EXAMPLE.com", "Size": 12.5, "utm": "x"}
    response = source.post(sent)
    lead = lead_of(response)
    assert json.loads(response.content) == {
        "status": "success",
        "lead_id": str(lead.id),
        "created_at": "2026-11-24T09:30:00.250Z",
        "ignored": ["utm"],
    }
    assert lead.values == {"name": "Ana", "email": "ana@example.com", "size": 12.5, "callback": False}
    assert lead.raw == {"email": "ana@EXAMPLE.com"}
    assert lead.entity == profile.entity
    assert (lead.source, lead.status, lead.note) == ("landing page", "New", "")
    assert lead.routing == "routed"
    assert lead.created_at == clock.now()


def test_intake_form(source: Source, entity: Entity) -> None:
    sent = "entity=solar-lead&name=Ana&roofs=Gable&roofs=Flat&address.postcode=80331&callback=on&size=12&x=1"
    response = source.post(sent, kind=FORM)
    assert lead_of(response).values == {
        "name": "Ana",
        "roofs": ["Flat", "Gable"],
        "address": {"postcode": "80331"},
        "callback": True,
        "size": 12,
    }
    assert json.loads(response.content)["ignored"] == ["x"]


def test_intake_multipart(key: ApiKey, entity: Entity, client: Client) -> None:
    sent = {"entity": "solar-lead", "name": "Ana", "roofs": ["Flat", "Gable"]}
    response = client.post("/api/intake", sent, headers={"Authorization": PLAIN})
    assert lead_of(response).values["roofs"] == ["Flat", "Gable"]


def test_intake_makes_the_job_at_once(source: Source, profile: Profile) -> None:
    lead = lead_of(source.post({"entity": "solar-lead", "name": "Ana"}))
    job = Job.objects.get(lead=lead)
    assert job.status == "queued"
    assert job.assignment == profile.assignments.get()
    assert (job.price, job.currency) == (profile.base_price, "EUR")
    assert Decision.objects.get(lead=lead).profile == profile


def test_intake_id_is_of_the_lead_time(source: Source, entity: Entity) -> None:
    lead = lead_of(source.post({"entity": entity.pk, "name": "Ana"}))
    assert abs((instant(lead.id) - lead.created_at).total_seconds()) < 0.001


def test_intake_reserved_names(source: Source, entity: Entity) -> None:
    sent = {"ENTITY": str(entity.pk), "name": "Ana", "Source": "fair", "note": "Call\nlate", "status": "Hot"}
    lead = lead_of(source.post(sent))
    assert (lead.source, lead.note, lead.status) == ("fair", "Call\nlate", "Hot")


def test_intake_blank_status_and_source_take_the_default(source: Source, entity: Entity) -> None:
    lead = lead_of(source.post({"entity": "solar-lead", "name": "Ana", "status": " ", "source": ""}))
    assert (lead.source, lead.status) == ("landing page", "New")


def test_intake_key_without_source(source: Source, key: ApiKey, entity: Entity) -> None:
    ApiKey.objects.update(source="")
    assert lead_of(source.post({"entity": "solar-lead", "name": "Ana"})).source == "api"


def test_intake_seals_encrypted_values(source: Source, entity: Entity) -> None:
    sent = {"entity": "solar-lead", "name": "Ana", "Bank account": " DE89 3704 0044 ", "born": "24.12.1990"}
    lead = lead_of(source.post(sent))
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM distribution_lead l")
        row = cursor.fetchone()[0]
    for clear in ("3704 0044", "24.12.1990", "1990-12-24"):
        assert clear not in row
        assert clear.encode().hex() not in row  # a bytea column is printed as hex
    assert crypto.unseal(lead.owner, bytes(lead.sealed or b"")) == {
        "values": {"iban": "DE89 3704 0044", "born": "1990-12-24"},
        "raw": {"iban": " DE89 3704 0044 ", "born": "24.12.1990"},
    }
    assert lead.sealed_key == crypto.key_name()


@pytest.mark.parametrize("header", [f"Bearer {PLAIN}", f"bearer {PLAIN}", PLAIN, f"  {PLAIN} "])
def test_intake_key_forms(source: Source, entity: Entity, client: Client, header: str) -> None:
    sent = json.dumps({"entity": "solar-lead", "name": "Ana"})
    response = client.post(
        "/api/intake", sent, content_type="application/json", headers={"Authorization": header}
    )
    assert response.status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer lf_x_y", "Basic " + PLAIN, PLAIN + " x", "ÿ"])
def test_intake_401_without_a_known_key(source: Source, client: Client, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = client.post("/api/intake", "{", content_type="application/json", headers=headers)
    assert "authorization" in errors(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"
    assert b"lf_" not in response.content


def test_intake_401_revoked_key(source: Source, key: ApiKey, entity: Entity) -> None:
    lead = {"entity": "solar-lead", "name": "A"}
    success(source.post(lead))
    changed(key, revoked_at=clock.now())
    for _known in (True, False):
        answer = source.post(lead)
        assert "revoked" in errors(answer, 401)["authorization"][0]
        assert answer["WWW-Authenticate"] == "Bearer"
    assert Lead.objects.count() == 1
    changed(key, revoked_at=None)
    success(source.post(lead))


@pytest.mark.parametrize("named", ["roof-lead", "no-such"])
def test_intake_403_key_of_another_entity(source: Source, key: ApiKey, entity: Entity, named: str) -> None:
    f.EntityFactory.create(slug="roof-lead")
    key.entities.add(entity)
    assert errors(source.post({"entity": named, "name": "A"}), 403).keys() == {"entity"}
    assert source.post({"entity": "solar-lead", "name": "A"}).status_code == 200


@pytest.mark.parametrize("named", [None, "", "no-such", 0, 10**30, True, ["solar-lead"], {"a": 1}])
def test_intake_422_entity_unknown(source: Source, entity: Entity, named: Any) -> None:
    assert errors(source.post({"entity": named, "name": "A"}), 422).keys() == {"entity"}


def test_intake_422_unknown_entity_names_those_there_are(source: Source, entity: Entity) -> None:
    assert "solar-lead" in errors(source.post({"entity": "solr", "name": "A"}), 422)["entity"][0]


def test_intake_422_names_every_field(source: Source, entity: Entity) -> None:
    sent = {
        "entity": "solar-lead",
        "email": "no address",
        "Size": "wide",
        "roofs": ["Round"],
        "address": {"latitude": "north"},
        "status": "x" * 101,
        "note": "x" * 10_001,
    }
    response = source.post(sent)
    assert errors(response, 422).keys() == {
        "name", "email", "size", "roofs", "address.latitude", "status", "note",
    }  # fmt: skip
    assert not Lead.objects.exists()


def test_intake_422_never_repeats_encrypted_values(source: Source, entity: Entity) -> None:
    response = source.post({"entity": "solar-lead", "name": "A", "born": "secret-day", "IBAN": ["secret-no"]})
    assert errors(response, 422).keys() == {"born", "iban"}
    assert b"secret" not in response.content


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b"])
@pytest.mark.parametrize("name", ["name", "iban", "note", "source", "status", "entity", "address.city"])
def test_intake_422_what_the_database_cannot_hold(
    source: Source, entity: Entity, name: str, bad: str
) -> None:
    sent = {"entity": "solar-lead", "name": "Ana", name: bad}
    assert errors(source.post(sent), 422).keys() == {name}


def test_intake_422_two_names_for_one_field(source: Source, entity: Entity) -> None:
    sent = {"entity": "solar-lead", "name": "Ana", "FULL NAME": "Ben"}
    assert "“name” and “FULL NAME”" in errors(source.post(sent), 422)["name"][0]


def test_intake_400_says_where(source: Source) -> None:
    assert "line 1, column 9" in errors(source.post('{"a": 1 '), 400)["body"][0]


@pytest.mark.parametrize("token", ["x" * 256, "ü", "a\tb"])
def test_intake_400_idempotency_key(source: Source, entity: Entity, token: str) -> None:
    response = source.post({"entity": "solar-lead", "name": "A"}, idempotency_key=token)
    assert "Idempotency-Key" in errors(response, 400)


def test_intake_409_idempotency_key_with_another_body(source: Source, entity: Entity) -> None:
    assert source.post({"entity": "solar-lead", "name": "A"}, idempotency_key="t").status_code == 200
    response = source.post({"entity": "solar-lead", "name": "B"}, idempotency_key="t")
    assert "Idempotency-Key" in errors(response, 409)
    assert Lead.objects.count() == 1


def test_intake_idempotency_key_gives_the_same_answer(source: Source, entity: Entity) -> None:
    first = source.post({"entity": "solar-lead", "name": "A", "x": 1}, idempotency_key="t")
    again = source.post({"x": 1, "name": "A", "entity": "solar-lead"}, idempotency_key="t")
    assert again.status_code == 200
    assert again.content == first.content
    assert Lead.objects.count() == 1


def test_intake_413(source: Source) -> None:
    assert "body" in errors(source.post(b" " * (1024 * 1024 + 1)), 413)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml"])
def test_intake_415(source: Source, kind: str) -> None:
    assert "body" in errors(source.post("x", kind=kind), 415)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_intake_405(client: Client, method: str) -> None:
    response = getattr(client, method)("/api/intake")
    assert "request" in errors(response, 405)
    assert response["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/intake/", "/api/intake/7", "/api/v1/leads"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_api_404_in_json(path: str, method: str) -> None:
    assert "address" in errors(getattr(Client(enforce_csrf_checks=True), method)(path), 404)


def test_intake_needs_no_csrf_token_and_sets_no_cookie(key: ApiKey, entity: Entity) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(
        "/api/intake",
        json.dumps({"entity": "solar-lead", "name": "A"}),
        content_type="application/json",
        headers={"Authorization": PLAIN, "Origin": "https://elsewhere.example.com"},
    )
    assert response.status_code == 200
    assert not response.cookies


def test_intake_500_names_the_request_and_nothing_else(
    source: Source, entity: Entity, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE distribution_lead ADD CONSTRAINT tripped CHECK (note <> 'trip')")
    response = source.post({"entity": "solar-lead", "name": "planted-value", "note": "trip"})
    request_id = response["X-Request-ID"]
    assert request_id in errors(response, 500)["request"][0]
    assert b"tripped" not in response.content
    [failed] = [record for record in caplog.records if "api_failed" in record.getMessage()]
    assert "IntegrityError" in failed.getMessage()
    assert "accept.py" in failed.getMessage()
    assert "planted-value" not in repr([(record.msg, record.exc_info) for record in caplog.records])


def test_intake_503_says_when_to_send_again(source: Source, entity: Entity) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '57P03'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER away BEFORE INSERT ON distribution_lead FOR EACH ROW EXECUTE FUNCTION away()"
        )
    response = source.post({"entity": "solar-lead", "name": "A"})
    assert "Idempotency-Key" in errors(response, 503)["request"][0]
    assert response["Retry-After"] == "5"
    assert b"planted" not in response.content


def test_intake_marks_the_key_used_once_a_minute(source: Source, key: ApiKey, entity: Entity) -> None:
    sent = {"entity": "solar-lead", "name": "A"}
    start = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    used = []
    for second in (0, 59, 60):
        with time_machine.travel(start.replace(minute=second // 60, second=second % 60), tick=False):
            source.post(sent)
        key.refresh_from_db()
        used.append(key.last_used)
    assert used == [start, start, start.replace(minute=1)]


def _queries(source: Source) -> int:
    sent = {"entity": "solar-lead", "name": "Ana"}
    source.post(sent)  # the first one compiles
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert source.post(sent).status_code == 200
    return len(queries)


def test_intake_queries_do_not_grow_with_assignments(source: Source, profile: Profile) -> None:
    one = _queries(source)
    f.AssignmentFactory.create_batch(20, profile=profile)
    profile.strategy = "send_to_all"
    profile.save()
    save_profile(profile=profile, by=None)
    assert _queries(source) == one
    assert Job.objects.filter(lead=Lead.objects.latest("id")).count() == 21
    assert one == 4  # a savepoint and its release, the look for others like it, and all that is written
