"""The periodic tasks: the drain of waiting leads, and the forgetting of old answers."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from delivery.models import Job
from distribution import tasks
from distribution.models import Decision, Entity, Idempotency, Lead, Profile
from distribution.routing import waiting
from leadflip import settings
from leadflip.kit import clock
from tests import factories as f


def leads(entity: Entity, count: int = 1, **fields: object) -> list[Lead]:
    return f.LeadFactory.create_batch(count, entity=entity, waiting=True, values={"name": "Ana"}, **fields)


def test_beat_names_tasks_that_exist() -> None:
    from leadflip.celery import app

    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_route_waiting_drains_in_batches(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "BATCH", 2)
    leads(profile.entity, 5)
    assert tasks.route_waiting() == 5
    assert not Lead.objects.filter(routing="waiting").exists()
    assert Job.objects.count() == Decision.objects.count() == 5
    assert tasks.route_waiting() == 0


def test_route_waiting_leaves_what_is_not_due(profile: Profile) -> None:
    later = clock.now() + timedelta(minutes=5)
    leads(profile.entity, 1, routing_due=later)
    assert waiting.drain() == 0
    assert waiting.drain(now=later - timedelta(seconds=1)) == 0
    assert waiting.drain(now=later) == 1


def test_route_waiting_stops_after_its_seconds(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "BATCH", 1)
    monkeypatch.setattr(waiting, "SECONDS", 0)
    leads(profile.entity, 3)
    assert waiting.drain() == 1


def test_route_waiting_a_lead_that_fails_stops_nobody(profile: Profile) -> None:
    bad, good = leads(profile.entity, 2)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE delivery_job ADD CONSTRAINT tripped CHECK (lead_id <> '{bad.pk}')")
    assert waiting.drain() == 2
    assert Lead.objects.get(id=good.pk).routing == "routed"
    failed = Lead.objects.get(id=bad.pk)
    assert (failed.routing, failed.routing_tries) == ("waiting", 1)
    assert waiting.drain() == 0
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE delivery_job DROP CONSTRAINT tripped")
    assert waiting.drain(now=clock.now() + timedelta(minutes=1)) == 1
    assert Lead.objects.get(id=bad.pk).routing == "routed"


@pytest.mark.django_db(transaction=True)
def test_route_waiting_skips_leads_that_another_run_holds(profile: Profile) -> None:
    held, free = leads(profile.entity, 2)
    locked, release = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Lead.objects.select_for_update(no_key=True).get(id=held.pk)
                locked.set()
                release.wait(timeout=60)
        finally:
            connection.close()

    other = Thread(target=hold)
    other.start()
    try:
        assert locked.wait(timeout=60)
        assert waiting.drain() == 1
    finally:
        release.set()
        other.join(timeout=60)
    assert Lead.objects.get(id=free.pk).routing == "routed"
    assert waiting.drain() == 1


@pytest.mark.django_db(transaction=True)
def test_route_waiting_two_runs_at_once_route_each_lead_once(profile: Profile) -> None:
    leads(profile.entity, 150)
    counts: list[int] = []

    def run() -> None:
        try:
            counts.append(waiting.drain())
        finally:
            connection.close()

    runs = [Thread(target=run) for _ in range(2)]
    for each in runs:
        each.start()
    for each in runs:
        each.join(timeout=60)
    assert sum(counts) == 150
    assert Job.objects.count() == Decision.objects.count() == 150


@pytest.mark.django_db
def test_forget_idempotency_keys() -> None:
    f.IdempotencyFactory.create(created_at=clock.now() - timedelta(hours=25))
    kept = f.IdempotencyFactory.create()
    assert tasks.forget_idempotency_keys() == 1
    assert Idempotency.objects.get() == kept
