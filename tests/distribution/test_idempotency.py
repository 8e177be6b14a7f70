"""The same Idempotency-Key: one lead, one answer, whoever comes when."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from delivery.models import Job
from distribution.intake import idempotency
from distribution.intake.accept import Token, accept
from distribution.intake.errors import IntakeError, TokenTakenError
from distribution.models import ApiKey, Decision, Entity, Idempotency, Lead, Profile
from leadflip.kit import clock
from tests import factories as f

SENT = {"entity": "solar-lead", "name": "Ana", "utm": "x"}
DIGEST, OTHER = b"1" * 32, b"2" * 32


def post(
    key: ApiKey, body: dict[str, Any] = SENT, token: str = "t", digest: bytes = DIGEST
) -> dict[str, Any]:
    return accept(key=key, body=body, token=Token(token, digest))


def test_accept_again_gives_the_same_answer(key: ApiKey, entity: Entity) -> None:
    assert post(key) == post(key)
    assert Lead.objects.count() == 1


def test_accept_other_body_is_refused(key: ApiKey, entity: Entity) -> None:
    post(key)
    with pytest.raises(TokenTakenError) as caught:
        post(key, digest=OTHER)
    assert caught.value.errors.keys() == {"Idempotency-Key"}
    assert Lead.objects.count() == 1


def test_accept_token_belongs_to_its_key(key: ApiKey, entity: Entity) -> None:
    assert post(key)["lead_id"] != post(f.ApiKeyFactory.create())["lead_id"]


def test_accept_without_token_makes_a_lead_each_time(key: ApiKey, entity: Entity) -> None:
    for _ in range(2):
        accept(key=key, body=SENT, token=None)
    assert Lead.objects.count() == 2
    assert not Idempotency.objects.exists()


def test_accept_refused_body_may_be_mended_under_the_same_token(key: ApiKey, entity: Entity) -> None:
    with pytest.raises(IntakeError):
        post(key, {**SENT, "name": ""})
    assert not Idempotency.objects.exists()
    assert post(key, digest=OTHER)["lead_id"]


def test_forget_after_24_hours(key: ApiKey, entity: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "BATCH", 2)
    start = clock.now()
    f.IdempotencyFactory.create_batch(5, created_at=start - timedelta(seconds=1))
    post(key)
    with time_machine.travel(start + timedelta(hours=24), tick=False):
        assert idempotency.forget() == 5
        assert Idempotency.objects.get().token == "t"
        assert idempotency.forget() == 0


@pytest.mark.django_db(transaction=True)
def test_accept_64_at_once_make_one_lead(key: ApiKey, profile: Profile) -> None:
    together = Barrier(64)

    def request(_number: int) -> dict[str, Any]:
        try:
            together.wait(timeout=60)
            return post(key)
        finally:
            connection.close()

    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(request, range(64)))
    lead = Lead.objects.get()
    assert {answer["lead_id"] for answer in answers} == {str(lead.id)}
    assert all(answer == answers[0] for answer in answers)
    assert Decision.objects.count() == Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_accept_second_takes_the_place_of_a_first_that_was_undone(key: ApiKey, entity: Entity) -> None:
    inserted, undo = Event(), Event()

    def first() -> None:
        try:
            with transaction.atomic():
                assert idempotency.begin(key, "t", OTHER) is None
                inserted.set()
                assert undo.wait(timeout=60)
                transaction.set_rollback(True)
        finally:
            connection.close()

    def second() -> dict[str, Any]:
        try:
            return post(key)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        undone = threads.submit(first)
        assert inserted.wait(timeout=60)
        waiting = threads.submit(second)
        _until_blocked()
        assert not waiting.done()
        undo.set()
        undone.result(timeout=60)
        assert waiting.result(timeout=60)["lead_id"] == str(Lead.objects.get().id)


def _until_blocked() -> None:
    """Returns when another connection waits for the row's transaction."""
    with connection.cursor() as cursor:
        for _ in range(600):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND wait_event = 'transactionid' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.1)")
    pytest.fail("nobody waited for the first request")
