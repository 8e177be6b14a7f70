"""What partners answered is summed with each answer, and read without counting an entry."""

import importlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.test import Client

from distribution import answers
from distribution.models import AnswerDay, Assignment
from leadflip.kit import clock
from portal import services
from portal.models import Entry
from tests import factories as f
from tests.people import People, make_people

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def people(db: None) -> People:
    people = make_people()
    people.partner.return_days = 30
    people.partner.save()
    return people


@pytest.fixture
def seat(people: People) -> Assignment:
    settings = f.DeliverySettingsFactory.create(partner=people.partner, kind="portal")
    return f.AssignmentFactory.create(
        partner=people.partner, settings=settings, profile__entity__name="Solar lead", profile__name="Secret"
    )


def entry_of(seat: Assignment) -> Entry:
    job = f.JobFactory.create(assignment=seat, lead__entity=seat.profile.entity)
    return f.EntryFactory.create(id=job.pk, partner=seat.partner, lead=job.lead, settings=seat.settings)


def give(entry: Entry, people: People, review: str, reason: str = "") -> None:
    services.answer(
        entry_id=entry.pk,
        partner_id=entry.partner_id,
        user=people.owner,
        review=review,
        reason=reason,
        at=clock.now(),
    )


def take_back(entry: Entry, people: People, review: str) -> None:
    services.undo(
        entry_id=entry.pk, partner_id=entry.partner_id, user=people.owner, review=review, at=clock.now()
    )


def summed() -> Counter[tuple[object, ...]]:
    rows = AnswerDay.objects.filter(leads__gt=0).values_list("day", "review", "reason", "leads")
    return Counter({(day, review, reason): leads for day, review, reason, leads in rows})


def counted() -> Counter[tuple[object, ...]]:
    """The same from the entries."""
    rows = Entry.objects.exclude(review="pending").annotate(day=TruncDate("answered_at", tzinfo=UTC))
    found = rows.values_list("day", "review", "reason").annotate(n=Count("id")).order_by()
    return Counter({(day, review, reason): n for day, review, reason, n in found})


def test_sums_are_what_the_entries_say(
    people: People, seat: Assignment, noon: time_machine.Traveller
) -> None:
    one, two, three, four = (entry_of(seat) for _ in range(4))
    give(one, people, "accepted")
    give(two, people, "accepted")
    give(three, people, "rejected", "duplicate")
    give(four, people, "rejected", "duplicate")
    take_back(four, people, "rejected")
    assert summed() == counted()
    noon.move_to(NOON + timedelta(days=1, hours=23))
    give(one, people, "returned", "no_fit")
    give(two, people, "returned", "no_fit")
    take_back(two, people, "returned")
    give(four, people, "accepted")
    assert summed() == counted()
    assert sum(summed().values()) == 4
    (figures,) = answers.of_partners()
    assert (figures.accepted, figures.rejected, figures.returned, figures.part) == (2, 1, 1, "50")
    assert figures.ranked == [("Already known to us", 1), ("Does not fit what we offer", 1)]
    noon.move_to(NOON + timedelta(days=31))
    assert answers.of_partners(people.partner)[0].reviews.total() == 2
    noon.move_to(NOON + timedelta(days=403))
    assert (answers.forget(), answers.of_partners()) == (4, [])


def test_answers_from_before_are_counted_once(people: People, seat: Assignment) -> None:
    for review, reason in (("accepted", ""), ("rejected", "other"), ("rejected", "other")):
        give(entry_of(seat), people, review, reason)
    entry_of(seat)
    AnswerDay.objects.all().delete()
    before = importlib.import_module("distribution.migrations.0019_answers_before").BEFORE
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(before)
        assert summed() == counted()


def test_staff_read_all_and_a_partner_its_own(client: Client, people: People, seat: Assignment) -> None:
    other = f.AssignmentFactory.create(
        settings=f.DeliverySettingsFactory.create(kind="portal"), profile__name="Roofs"
    )
    for _ in range(3):
        give(entry_of(seat), people, "accepted")
    give(entry_of(seat), people, "rejected", "out_of_area")
    give(entry_of(other), people, "rejected", "unreachable")
    client.force_login(people.viewer)
    page = client.get("/admin/answers/").content.decode()
    for words in ("Acme Solar", "Secret", "75 %", "Outside our area: 1", "Roofs", "Cannot be reached: 1"):
        assert words in page
    page = client.get(f"/admin/answers/?partner={people.partner.pk}").content.decode()
    assert ("Secret" in page, "Roofs" in page) == (True, False)
    assert client.get("/admin/answers/?partner=x").status_code == 404
    client.force_login(people.reader)
    page = client.get("/portal/answers/").content.decode()
    for words in ("Solar lead", "75 %", "Outside our area: 1"):
        assert words in page
    for foreign in ("Secret", "Roofs", "Cannot be reached"):
        assert foreign not in page
