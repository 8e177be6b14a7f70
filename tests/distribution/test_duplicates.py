"""Which lead is the same as another, what becomes of it, and that equal ones at once make one."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from delivery.models import Job
from distribution.catalogue import find
from distribution.intake import renewal
from distribution.intake.accept import accept
from distribution.intake.bulk import accept_rows
from distribution.intake.origin import Origin, Outcome
from distribution.models import ApiKey, Decision, Entity, Field, Lead, LeadKey, Profile, Repeat
from distribution.models.entity import OnDuplicate, Way
from leadflip.kit import clock, crypto
from partners.models.revision import Revision, hold_shared
from partners.services import touch
from tests import factories as f
from tests.distribution.conftest import changed


@pytest.fixture
def matched(entity: Entity) -> Entity:
    """Known again by e-mail first, then by bank account, which is encrypted."""
    touch()
    for order, name in enumerate(("email", "iban"), start=1):
        Field.objects.filter(entity=entity, key=name).update(match_order=order)
    return entity


def post(key: ApiKey, **body: Any) -> dict[str, Any]:
    return accept(key=key, body={"entity": "solar-lead", "name": "Ana", **body}, token=None)


def bulk(rows: list[dict[str, Any]], action: OnDuplicate | None = None) -> list[Outcome]:
    entity = find(Revision.current(), "solar-lead")
    assert entity is not None
    with transaction.atomic():
        hold_shared()
        return accept_rows(origin=Origin(Way.IMPORT, "import", None, action), entity=entity, rows=rows)


def test_same_email_is_skipped_whatever_its_case(key: ApiKey, matched: Entity, profile: Profile) -> None:
    first = post(key, email="ana@example.com")
    second = post(key, email="ANA@Example.com", name="Another")
    assert second == {**first, "duplicate": "skipped"}
    assert Lead.objects.get().values["name"] == "Ana"
    assert Job.objects.count() == 1
    noted = Repeat.objects.get()
    assert (str(noted.lead_id), noted.action, noted.api_key, noted.source) == (
        first["lead_id"],
        "skip",
        key,
        "landing page",
    )


def test_first_key_that_is_known_decides(key: ApiKey, matched: Entity) -> None:
    by_email, by_iban = post(key, email="a@example.com"), post(key, email="b@example.com", iban="DE02")
    assert post(key, email="a@example.com", iban="DE02")["lead_id"] == by_email["lead_id"]
    assert post(key, email="c@example.com", iban="de02")["lead_id"] == by_iban["lead_id"]
    assert "duplicate" not in post(key, email="c@example.com", iban="DE03")
    assert "duplicate" not in post(key)  # nothing to be known by
    assert "duplicate" not in post(key)


def test_encrypted_value_is_found_and_nowhere_in_clear(key: ApiKey, matched: Entity) -> None:
    post(key, iban="DE02120300000000202051")
    assert post(key, iban="DE02120300000000202051")["duplicate"] == "skipped"
    assert not any(b"DE0212" in bytes(row.digest) for row in LeadKey.objects.all())


def test_update_puts_in_what_is_new_and_not_empty(key: ApiKey, matched: Entity, profile: Profile) -> None:
    post(key, email="a@example.com", size=10, iban="DE02", note="first")
    changed(matched, duplicates={"api": "update"})
    answer = post(key, email="a@example.com", name="Ana Maria", size="", born="1990-02-01", roofs=["Flat"])
    assert answer["duplicate"] == "updated"
    lead = Lead.objects.get()
    assert lead.values == {
        "name": "Ana Maria",
        "email": "a@example.com",
        "size": 10,
        "roofs": ["Flat"],
        "callback": False,
    }
    assert lead.sealed is not None
    assert crypto.unseal(lead.owner, lead.sealed)["values"] == {"iban": "DE02", "born": "1990-02-01"}
    assert (lead.note, Repeat.objects.get().action) == ("first", "update")
    assert Decision.objects.count() == Job.objects.count() == 1


def test_updated_lead_is_known_by_its_new_values(key: ApiKey, matched: Entity) -> None:
    first = post(key, email="a@example.com")
    changed(matched, duplicates={"api": "update"})
    post(key, email="a@example.com", iban="FR76")
    assert post(key, iban="FR76")["lead_id"] == first["lead_id"]


def test_key_says_otherwise_than_its_entity(key: ApiKey, matched: Entity) -> None:
    post(key, email="a@example.com")
    changed(key, duplicates="create")
    assert "duplicate" not in post(key, email="a@example.com")
    assert Lead.objects.count() == 2


def test_window_forgets_older_leads(key: ApiKey, matched: Entity) -> None:
    changed(matched, duplicate_days=30)
    old = post(key, email="a@example.com")
    moved = Lead.objects.get(id=old["lead_id"])
    LeadKey.objects.all().delete()
    Lead.objects.all().delete()
    past = clock.now() - timedelta(days=31)
    lead = f.LeadFactory.create(entity=matched, created_at=past, values=moved.values)
    renewal.renew_all()
    assert LeadKey.objects.filter(lead=lead).exists()
    assert "duplicate" not in post(key, email="a@example.com")
    assert post(key, email="a@example.com")["duplicate"] == "skipped"


def test_tests_are_nobodys_duplicate(key: ApiKey, matched: Entity, profile: Profile) -> None:
    post(key, email="a@example.com", test=True)
    assert "duplicate" not in post(key, email="a@example.com")
    assert "duplicate" not in post(key, email="a@example.com", test="true")
    assert Decision.objects.count() == 3
    assert Job.objects.count() == 1


def test_rows_of_a_batch_know_each_other(matched: Entity) -> None:
    rows = [{"name": "A", "email": "a@example.com"}, {"name": ""}, {"name": "B", "email": "A@example.com"}]
    first, refused, second = bulk(rows)
    assert (second.lead_id, second.duplicate) == (first.lead_id, "skipped")
    assert refused.refused
    assert refused.errors.keys() == {"name"}
    assert Lead.objects.get().routing == "waiting"
    updated = bulk(
        [{"name": "C", "email": "a@example.com"}, {"name": "D", "email": "a@example.com"}], OnDuplicate.UPDATE
    )
    assert [each.duplicate for each in updated] == ["updated", "updated"]
    assert Lead.objects.get().values["name"] == "D"
    assert [each.duplicate for each in bulk(rows[:1] * 2, OnDuplicate.CREATE)] == ["", ""]
    assert Lead.objects.count() == 3


def test_lead_that_cannot_be_opened_is_not_updated(key: ApiKey, matched: Entity, settings: Settings) -> None:
    post(key, email="a@example.com", iban="DE02")
    settings.ENCRYPTION_KEYS = [base64.urlsafe_b64encode(b"other key, nobody has the first!").decode()]
    [outcome] = bulk([{"name": "B", "email": "a@example.com"}], OnDuplicate.UPDATE)
    assert outcome.errors.keys() == {"lead"}
    assert Lead.objects.get().values["name"] == "Ana"


def test_field_that_becomes_a_match_key_finds_earlier_leads(key: ApiKey, entity: Entity) -> None:
    first = post(key, iban="DE02", name="Ana")
    touch()
    Field.objects.filter(entity=entity, key="iban").update(match_order=1)
    assert renewal.behind() == 1
    assert renewal.renew_all() == 1
    assert (renewal.behind(), renewal.renew_all()) == (0, 0)
    assert post(key, iban="DE02")["lead_id"] == first["lead_id"]


def test_new_digest_key_knows_leads_of_the_old_one(key: ApiKey, matched: Entity, settings: Settings) -> None:
    first = post(key, email="a@example.com", iban="DE02")
    renewal.renew_all()
    new = base64.b64encode(b"n" * 32).decode()
    settings.DIGEST_KEYS = [new, *settings.DIGEST_KEYS]
    touch()
    assert post(key, email="a@example.com")["lead_id"] == first["lead_id"]
    assert renewal.renew_all() == 1
    settings.DIGEST_KEYS = [new]
    assert post(key, iban="DE02")["lead_id"] == first["lead_id"]


@pytest.mark.django_db(transaction=True)
def test_equal_leads_at_once_make_one_by_every_door(key: ApiKey, matched: Entity, profile: Profile) -> None:
    """Single ones and batches, 25 rounds in each other's way."""
    rounds, clients = 25, 8
    together = Barrier(clients)

    def client(number: int) -> None:
        try:
            for turn in range(rounds):
                together.wait(timeout=60)
                if number % 4:
                    post(key, email=f"lead{turn}@example.com")
                else:
                    bulk(
                        [
                            {"name": "B", "email": f"lead{turn}@example.com"},
                            {"name": "B", "email": f"other{turn}.{number}@example.com"},
                        ]
                    )
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(client, range(clients)))
    emails = [lead.values["email"] for lead in Lead.objects.all()]
    assert len(emails) == len(set(emails)) == rounds * 3
    assert Repeat.objects.count() == rounds * (clients - 1)
