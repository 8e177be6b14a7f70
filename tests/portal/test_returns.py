"""Accepted leads that go back, where that is permitted; and answers that are taken back within a minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from partners.models import User
from portal import services
from portal.models import Entry, EntryEvent
from portal.story import story
from tests.people import People
from tests.portal.conftest import EntryMaker

AT = datetime(2026, 11, 24, 13, 2, tzinfo=UTC)
RETURN = {"reason": "wrong_details", "note": "The number is somebody else's."}


@pytest.fixture
def owner(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


@pytest.fixture
def permitted(people: People) -> None:
    people.partner.return_days = 14
    people.partner.save()


def path(name: str, entry: Entry) -> str:
    return reverse(f"portal:{name}", args=[entry.id])


def answer(entry: Entry, user: User, review: str, at: datetime = AT, **given: Any) -> Entry:
    return services.answer(
        entry_id=entry.id, partner_id=entry.partner_id, user=user, review=review, at=at, **given
    )


def undo(entry: Entry, user: User, review: str, at: datetime) -> Entry:
    return services.undo(entry_id=entry.id, partner_id=entry.partner_id, user=user, review=review, at=at)


def test_return_says_why_until_when_and_stands_everywhere(
    owner: Client, people: People, make_entry: EntryMaker, permitted: None
) -> None:
    with time_machine.travel(AT, tick=False):
        entry = make_entry({"name": "Ana Example"}, created_at=AT - timedelta(days=13))
        accepted = owner.post(path("accept", entry), follow=True).text
        assert "Return lead" in accepted
        assert "Returnable until" in accepted
        assert "25 Nov 2026, 14:02" in accepted
        page = owner.post(path("return", entry), RETURN, follow=True).text
    assert all(
        words in page
        for words in ("Lead returned.", "Wrong or made-up details", RETURN["note"].split("'")[0])
    )
    assert "Return lead" not in page
    tab = owner.get(reverse("portal:feed"), {"review": "returned"}).text
    assert all(words in tab for words in ("Ana Example", "Wrong or made-up details", "Owner"))
    told = [(event.label, event.detail) for event in story(entry.lead_id)]
    assert told[-1] == ("Returned", f"Owner · Wrong or made-up details · {RETURN['note']}")
    entry.refresh_from_db()
    assert (entry.review, entry.answered_by, entry.answered_at) == ("returned", people.owner, AT)


@pytest.mark.parametrize(("days", "age"), [(None, 0), (14, 15)], ids=["not permitted", "over"])
def test_return_is_refused_without_permission_or_too_late(
    owner: Client, people: People, make_entry: EntryMaker, days: int | None, age: int
) -> None:
    people.partner.return_days = days
    people.partner.save()
    with time_machine.travel(AT, tick=False):
        entry = make_entry(created_at=AT - timedelta(days=age))
        assert "Return lead" not in owner.post(path("accept", entry), follow=True).text
        page = owner.post(path("return", entry), RETURN)
    assert page.status_code == 409
    assert "Nothing was changed." in page.text
    assert "Your note was not saved:" in page.text
    entry.refresh_from_db()
    assert entry.review == "accepted"


def test_return_needs_its_reason(owner: Client, make_entry: EntryMaker, permitted: None) -> None:
    entry = make_entry()
    owner.post(path("accept", entry))
    page = owner.post(path("return", entry), {"note": "Gone."}).text
    assert "Choose a reason from the list." in page
    assert "Gone." in page


def test_return_of_what_a_colleague_returned_says_so(
    owner: Client, people: People, make_entry: EntryMaker, permitted: None
) -> None:
    entry = answer(make_entry(created_at=AT), people.owner, "accepted")
    answer(entry, people.colleague, "returned", reason="duplicate")
    page = owner.post(path("return", entry), RETURN)
    assert page.status_code == 409
    assert "Colleague returned this on 24 Nov 2026, 14:02. Nothing was changed." in page.text


@pytest.mark.parametrize("review", ["accepted", "rejected", "returned"])
def test_undo_leaves_the_entry_as_it_was(
    people: People, make_entry: EntryMaker, permitted: None, review: str
) -> None:
    entry, refused = make_entry(created_at=AT), review != "accepted"
    if review == "returned":
        entry = answer(entry, people.colleague, "accepted")
    before = Entry.objects.values().get(id=entry.id)
    given = {"reason": "no_fit", "note": "Too small."} if refused else {}
    answer(entry, people.owner, review, at=AT + timedelta(hours=1), **given)
    undo(entry, people.owner, review, AT + timedelta(hours=1, seconds=60))
    assert Entry.objects.values().get(id=entry.id) == before
    last = EntryEvent.objects.latest("id")
    assert (last.kind, last.user, last.detail) == ("undone", people.owner, {"review": review})


def test_undo_is_over_after_a_minute(people: People, make_entry: EntryMaker) -> None:
    entry = answer(make_entry(), people.owner, "accepted")
    with pytest.raises(services.TooLate):
        undo(entry, people.owner, "accepted", AT + timedelta(seconds=61))
    entry.refresh_from_db()
    assert entry.review == "accepted"


def test_undo_takes_back_no_other_answer(people: People, make_entry: EntryMaker, permitted: None) -> None:
    entry = answer(make_entry(created_at=AT), people.owner, "accepted")
    for user, review in ((people.colleague, "accepted"), (people.owner, "rejected")):
        with pytest.raises(services.AlreadyAnswered):
            undo(entry, user, review, AT)
    answer(entry, people.colleague, "returned", reason="no_fit")
    with pytest.raises(services.AlreadyAnswered) as later:
        undo(entry, people.owner, "accepted", AT)
    assert (later.value.by, later.value.review) == (people.colleague, "returned")
    entry.refresh_from_db()
    assert (entry.review, entry.reason) == ("returned", "no_fit")


def test_undo_is_offered_to_who_answered_for_a_minute(
    owner: Client, people: People, make_entry: EntryMaker
) -> None:
    colleague = Client()
    colleague.force_login(people.colleague)
    entry = make_entry()
    with time_machine.travel(AT, tick=False) as clock:
        page = owner.post(path("accept", entry), follow=True).text
        assert path("undo", entry) in page
        assert "14:03:00" in page
        assert path("undo", entry) not in colleague.get(path("lead", entry)).text
        clock.shift(61)
        assert path("undo", entry) not in owner.get(path("lead", entry)).text
        late = owner.post(path("undo", entry), {"review": "accepted"}, follow=True).text
        assert "This was possible until 24 Nov 2026, 14:03:00. Nothing was changed." in late
        clock.shift(-61)
        back = owner.post(path("undo", entry), {"review": "accepted"}, follow=True).text
        assert "Answer taken back." in back
        assert "Accept lead" in back
        twice = owner.post(path("undo", entry), {"review": "accepted"}, follow=True).text
        assert "this lead waits for one again. Nothing was changed." in twice
