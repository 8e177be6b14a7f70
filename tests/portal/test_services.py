from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from distribution.models import Entity
from leadflip.kit.ids import uuid7
from partners.models import DeliverySettings, User
from portal import services
from portal.models import Entry, EntryEvent
from portal.signals import entry_answered
from tests.factories import EntryFactory, MemberFactory, UserFactory
from tests.people import People
from tests.portal.conftest import EntryMaker

AT = datetime(2026, 11, 24, 13, 2, tzinfo=UTC)


def publish(lane: DeliverySettings, entity: Entity, job_id: UUID, lead_id: UUID) -> None:
    services.publish(
        job_id=job_id,
        partner_id=lane.partner_id,
        settings_id=lane.pk,
        lead_id=lead_id,
        entity_id=entity.pk,
        price=Decimal("12.5"),
        currency="EUR",
        at=AT,
    )


def answer(entry: Entry, user: User, review: str = "accepted", **given: Any) -> Entry:
    given.setdefault("partner_id", entry.partner_id)
    return services.answer(entry_id=entry.id, user=user, review=review, at=AT, **given)


def test_publish_puts_a_pending_entry_into_the_feed(lane: DeliverySettings, entity: Entity) -> None:
    job_id, lead_id = uuid7(), uuid7()
    publish(lane, entity, job_id, lead_id)
    entry = Entry.objects.get(id=job_id)
    assert (entry.review, entry.partner_id, entry.settings_id) == ("pending", lane.partner_id, lane.pk)
    assert (entry.lead_id, entry.entity_id, entry.created_at) == (lead_id, entity.pk, AT)
    assert (entry.price, entry.currency) == (Decimal("12.5"), "EUR")


def test_publish_again_changes_nothing(lane: DeliverySettings, entity: Entity, people: People) -> None:
    job_id = uuid7()
    publish(lane, entity, job_id, uuid7())
    answered = answer(Entry.objects.get(id=job_id), people.owner)
    publish(lane, entity, job_id, uuid7())
    entry = Entry.objects.get(id=job_id)
    assert (entry.review, entry.lead_id) == ("accepted", answered.lead_id)


def test_answer_keeps_who_when_and_why(make_entry: EntryMaker, people: People) -> None:
    entry = answer(make_entry(), people.owner, "rejected", reason="no_fit", note="Too small.")
    entry.refresh_from_db()
    assert (entry.review, entry.reason, entry.note) == ("rejected", "no_fit", "Too small.")
    assert (entry.answered_by, entry.answered_at) == (people.owner, AT)


def test_answer_writes_its_event(make_entry: EntryMaker, people: People) -> None:
    entry = answer(make_entry(), people.owner)
    event = EntryEvent.objects.get()
    assert (event.kind, event.entry, event.partner, event.user, event.at) == (
        "accepted",
        entry,
        people.partner,
        people.owner,
        AT,
    )


def test_answer_to_an_answered_entry_overwrites_nothing(make_entry: EntryMaker, people: People) -> None:
    entry = answer(make_entry(), people.owner)
    with pytest.raises(services.AlreadyAnswered) as earlier:
        answer(entry, people.colleague, "rejected", reason="no_fit", note="No.")
    assert (earlier.value.by, earlier.value.at, earlier.value.review) == (people.owner, AT, "accepted")
    entry.refresh_from_db()
    assert (entry.review, entry.reason, entry.note, entry.answered_by) == ("accepted", "", "", people.owner)
    assert EntryEvent.objects.count() == 1


def test_answer_to_a_foreign_entry_finds_none(make_entry: EntryMaker, people: People) -> None:
    entry = make_entry()
    with pytest.raises(Entry.DoesNotExist):
        answer(entry, people.stranger, partner_id=people.foreign.pk)
    entry.refresh_from_db()
    assert entry.review == "pending"


@pytest.mark.parametrize("review", ["pending", ""])
def test_answer_takes_only_answers(make_entry: EntryMaker, people: People, review: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        answer(make_entry(), people.owner, review)


@pytest.mark.parametrize(("review", "reason"), [("rejected", ""), ("accepted", "no_fit")])
def test_answer_has_a_reason_exactly_when_rejected(
    make_entry: EntryMaker, people: People, review: str, reason: str
) -> None:
    entry = make_entry()
    with pytest.raises(IntegrityError), transaction.atomic():
        answer(entry, people.owner, review, reason=reason)


def test_an_answered_entry_has_its_time(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        EntryFactory.create(review="accepted", answered_at=None)


@contextmanager
def receiving(receiver: Any) -> Iterator[None]:
    entry_answered.connect(receiver)
    try:
        yield
    finally:
        entry_answered.disconnect(receiver)


def test_answer_is_told_inside_its_transaction(make_entry: EntryMaker, people: People) -> None:
    told: list[tuple[Entry, User, bool]] = []

    def hear(entry: Entry, user: User, **_: object) -> None:
        told.append((entry, user, connection.in_atomic_block))

    entry = make_entry()
    with receiving(hear):
        answer(entry, people.owner)
    assert told == [(entry, people.owner, True)]


def test_answer_falls_with_a_receiver_that_raises(make_entry: EntryMaker, people: People) -> None:
    def refuse(**_: object) -> None:
        raise RuntimeError("no")

    entry = make_entry()
    with receiving(refuse), pytest.raises(RuntimeError):
        answer(entry, people.owner)
    entry.refresh_from_db()
    assert (entry.review, EntryEvent.objects.count()) == ("pending", 0)


@pytest.mark.django_db(transaction=True)
def test_answer_of_two_people_at_once_the_first_one_stands(make_entry: EntryMaker, people: People) -> None:
    entry = make_entry()
    answered, commit = Event(), Event()
    late: list[services.AlreadyAnswered] = []

    def hold(**_: object) -> None:
        answered.set()
        assert commit.wait(10)

    def first() -> None:
        answer(entry, people.owner)
        connection.close()

    def second() -> None:
        try:
            answer(entry, people.colleague, "rejected", reason="no_fit")
        except services.AlreadyAnswered as earlier:
            late.append(earlier)
        connection.close()

    with receiving(hold):
        threads = [Thread(target=first), Thread(target=second)]
        threads[0].start()
        assert answered.wait(10)
        threads[1].start()
        threads[1].join(0.3)
        waited = threads[1].is_alive()
        commit.set()
        for thread in threads:
            thread.join(10)
    entry.refresh_from_db()
    assert waited
    assert [earlier.by for earlier in late] == [people.owner]
    assert (entry.review, entry.answered_by) == ("accepted", people.owner)
    assert EntryEvent.objects.count() == 1


def test_viewed_is_noted_once_in_ten_minutes(make_entry: EntryMaker, people: People) -> None:
    entry = make_entry()
    for minutes in (0, 5, 9, 10, 11, 30):
        services.viewed(entry=entry, user=people.owner, at=AT + timedelta(minutes=minutes))
    times = EntryEvent.objects.filter(kind="viewed").order_by("id").values_list("at", flat=True)
    assert [(at - AT).seconds // 60 for at in times] == [0, 10, 30]


def test_viewed_is_noted_for_each_person_and_lead(make_entry: EntryMaker, people: People) -> None:
    for entry in (make_entry(), make_entry()):
        for user in (people.owner, people.colleague):
            services.viewed(entry=entry, user=user, at=AT)
    assert EntryEvent.objects.count() == 4


def test_signed_in_stands_with_each_of_the_partners(people: People) -> None:
    MemberFactory.create(user=people.owner, partner=people.foreign)
    services.signed_in(user=people.owner, at=AT)
    assert set(EntryEvent.objects.values_list("partner", "kind", "user", "at")) == {
        (people.partner.pk, "signed_in", people.owner.pk, AT),
        (people.foreign.pk, "signed_in", people.owner.pk, AT),
    }


def test_signed_in_without_a_partner_notes_nothing(db: None) -> None:
    services.signed_in(user=UserFactory.create(), at=AT)
    assert not EntryEvent.objects.exists()
