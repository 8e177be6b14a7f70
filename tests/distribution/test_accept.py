"""One lead in one transaction: what is stored, and that nothing else is needed for it."""

import socket
from typing import Any

import pytest
import redis
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks
from redis.exceptions import ConnectionError as RedisDown

from delivery.models import Job
from distribution.intake.accept import accept
from distribution.intake.errors import ForbiddenError, IntakeError
from distribution.models import ApiKey, Decision, Entity, Lead, Profile, ProfileVersion
from leadflip.celery import app
from leadflip.kit import clock
from leadflip.kit.sharedcache import SharedCache
from tests import factories as f
from tests.distribution.conftest import changed


def post(key: ApiKey, **body: Any) -> dict[str, Any]:
    sent = {"entity": "solar-lead", "name": "Ana", **body}
    return accept(key=key, body=sent, token=None)


def only() -> Lead:
    return Lead.objects.get()


def test_accept_stores_and_routes(key: ApiKey, profile: Profile) -> None:
    accepted = post(key, utm=1)
    lead = only()
    assert accepted["lead_id"] == str(lead.id)
    assert accepted["ignored"] == ["utm"]
    assert lead.api_key == key
    assert (lead.routing, lead.routing_due) == ("routed", None)
    assert Job.objects.filter(lead=lead, status="queued").count() == 1


def test_accept_without_profile_is_unmatched(key: ApiKey, entity: Entity) -> None:
    post(key)
    assert only().routing == "unmatched"


def test_accept_default_of_a_field(key: ApiKey, entity: Entity) -> None:
    changed(entity.fields.get(key="size"), default=40)
    post(key)
    assert only().values["size"] == 40
    assert only().raw == {}


def test_accept_refuses_by_the_fields_in_force_alone(key: ApiKey, entity: Entity) -> None:
    changed(entity.fields.get(key="size"), required=True)
    with pytest.raises(IntakeError):
        post(key)
    changed(entity.fields.get(key="size"), required=False)
    post(key)
    assert only().raw == {}


def test_accept_field_changes_hold_from_the_next_lead(key: ApiKey, entity: Entity) -> None:
    post(key)
    changed(entity.fields.get(key="size"), required=True)
    with pytest.raises(IntakeError) as caught:
        post(key)
    assert caught.value.errors.keys() == {"size"}


def test_accept_archived_field_is_ignored(key: ApiKey, entity: Entity) -> None:
    field = entity.fields.get(key="size")
    changed(field, archived_at=clock.now())
    assert post(key, size=3)["ignored"] == ["size"]


@pytest.mark.parametrize(
    ("given", "raw"),
    [
        ({"size": "12"}, {}),
        ({"size": "12.50"}, {"size": "12.50"}),
        ({"callback": "true"}, {}),
        ({"callback": "yes"}, {"callback": "yes"}),
        ({"roofs": ["Flat"]}, {}),
        ({"roofs": ["gable", "Flat"]}, {"roofs": '["gable", "Flat"]'}),
        ({"address": {"postcode": "80331"}}, {}),
        ({"address": {"country_code": "de"}}, {"address": '{"country_code": "de"}'}),
        ({"email": ""}, {}),
        ({"name": " Ana "}, {"name": " Ana "}),
    ],
)
def test_accept_keeps_what_was_typed_where_it_differs(
    key: ApiKey, entity: Entity, given: dict[str, Any], raw: dict[str, str]
) -> None:
    post(key, **given)
    assert only().raw == raw


def test_accept_without_encrypted_values_seals_nothing(key: ApiKey, entity: Entity) -> None:
    post(key, iban="")
    assert (only().sealed, only().sealed_key) == (None, "")


def test_accept_entity_by_slug_goes_before_an_id(key: ApiKey, entity: Entity) -> None:
    numbered = f.EntityFactory.create(slug=str(entity.pk))
    post(key, entity=str(entity.pk))
    assert only().entity == numbered


def test_accept_entity_named_twice(key: ApiKey, entity: Entity) -> None:
    with pytest.raises(IntakeError) as caught:
        post(key, Entity="solar-lead")
    assert "“entity” and “Entity”" in caught.value.errors["entity"][0]


def test_accept_key_of_other_entities_learns_of_none(key: ApiKey, entity: Entity) -> None:
    key.entities.add(f.EntityFactory.create())
    for named in ("solar-lead", "no-such"):
        with pytest.raises(ForbiddenError) as caught:
            post(key, entity=named)
        assert named in caught.value.errors["entity"][0]
    assert not Lead.objects.exists()


def test_accept_routing_that_fails_costs_no_lead(key: ApiKey, profile: Profile) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE delivery_job ADD CONSTRAINT tripped CHECK (currency <> 'EUR')")
    post(key)
    lead = only()
    assert lead.routing == "waiting"
    assert lead.routing_error == "Routing stopped with IntegrityError; it is tried again."
    assert not Decision.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_accept_job_of_an_assignment_that_is_gone_costs_no_lead(key: ApiKey, profile: Profile) -> None:
    """Foreign keys are checked at the commit, behind the savepoint: so route asks for it before."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM distribution_assignment")
    post(key)
    assert only().routing == "waiting"
    assert not Job.objects.exists()


def test_accept_broken_version_costs_no_lead(key: ApiKey, profile: Profile) -> None:
    ProfileVersion.objects.update(document={})
    post(key)
    assert only().routing_error == "Routing stopped with KeyError; it is tried again."


def test_accept_needs_neither_broker_nor_cache(
    key: ApiKey, profile: Profile, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = "redis://127.0.0.1:1/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": closed}}
    monkeypatch.setitem(app.conf, "broker_url", closed)
    with pytest.raises(RedisDown):
        redis.from_url(closed).ping()
    monkeypatch.setattr(SharedCache, "away_until", 0.0)
    tried: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _socket, address: tried.append(address))
    post(key)
    assert only().routing == "routed"
    assert tried == []


def test_accept_leaves_nothing_for_after_the_commit(
    key: ApiKey, profile: Profile, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        post(key)
    assert callbacks == []


@pytest.mark.django_db(transaction=True)
def test_accept_wakes_the_engine_at_the_commit(key: ApiKey, profile: Profile) -> None:
    from delivery.waking import CHANNEL
    from partners.models import DeliverySettings

    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
        post(key)
        cursor.execute("SELECT 1")
    heard = list(connection.connection.notifies(timeout=5, stop_after=1))
    lane = str(DeliverySettings.objects.get().pk)
    assert [(notice.channel, notice.payload) for notice in heard] == [(CHANNEL, lane)]
    connection.close()
