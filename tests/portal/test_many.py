"""Answers given in the feed, several at once, and what is new meanwhile."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from partners.models import Member
from portal.models import Entry, EntryEvent
from tests.people import People
from tests.portal.conftest import EntryMaker

AT = datetime(2026, 11, 24, 13, 2, tzinfo=UTC)


@pytest.fixture
def owner(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


@pytest.fixture
def colleague(people: People) -> Client:
    client = Client()
    client.force_login(people.colleague)
    return client


def answer(client: Client, *entries: Entry, query: str = "", **given: str) -> Any:
    sent = {"lead": [str(entry.id) for entry in entries], **given}
    return client.post(reverse("portal:answer_many") + query, sent, follow=True)


def reviews() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("review", flat=True))


def test_ticked_leads_are_accepted_and_the_feed_stays_where_it_was(
    owner: Client, make_entry: EntryMaker
) -> None:
    first, second, _third = (make_entry({"name": f"Lead {number}"}) for number in range(3))
    page = answer(owner, first, second, do="accept", query="?review=pending&since=2026-01-01&older=x")
    assert page.redirect_chain[0][0].endswith("?review=pending&since=2026-01-01")
    assert "2 leads accepted." in page.text
    assert reviews() == ["accepted", "accepted", "pending"]


def test_button_of_a_row_answers_that_lead_alone(owner: Client, make_entry: EntryMaker) -> None:
    ticked, tapped = make_entry(), make_entry()
    page = answer(owner, ticked, accept=str(tapped.id))
    assert "1 lead accepted." in page.text
    assert reviews() == ["pending", "accepted"]


def test_ticked_leads_are_rejected_with_a_reason(owner: Client, make_entry: EntryMaker) -> None:
    entries = [make_entry() for _ in range(2)]
    page = answer(owner, *entries, do="reject", reason="no_fit", note="Too small.")
    assert "2 leads rejected." in page.text
    assert set(Entry.objects.values_list("review", "reason", "note")) == {
        ("rejected", "no_fit", "Too small.")
    }
    assert EntryEvent.objects.filter(kind="rejected").count() == 2


def test_rejection_without_a_reason_keeps_ticks_and_note(owner: Client, make_entry: EntryMaker) -> None:
    ticked, other = make_entry(), make_entry()
    page = answer(owner, ticked, do="reject", note="Too small.")
    assert "Choose a reason from the list." in page.text
    assert "<title>Error:" in page.text
    assert "Too small." in page.text
    boxes = {
        id: "checked" in rest for id, rest in re.findall(r'name="lead" value="([^"]+)"([^>]*)>', page.text)
    }
    assert boxes == {str(ticked.id): True, str(other.id): False}
    assert reviews() == ["pending", "pending"]


def test_those_answered_meanwhile_are_told_with_who_and_when(
    owner: Client, colleague: Client, people: People, make_entry: EntryMaker
) -> None:
    entries = [make_entry({"name": f"Lead {number}"}) for number in range(3)]
    with time_machine.travel(AT, tick=False):
        answer(colleague, entries[1], do="reject", reason="no_fit")
        page = answer(owner, *entries, do="accept")
    assert "2 leads accepted." in page.text
    skipped = re.search(r'id="skipped-title".*?</section>', page.text, re.S)
    assert skipped
    assert all(words in skipped[0] for words in ("Lead 1", "Rejected", "Colleague", "24 Nov 2026, 14:02"))
    assert "Lead 0" not in skipped[0]
    assert reviews() == ["accepted", "rejected", "accepted"]


def test_nothing_ticked_says_so(owner: Client, make_entry: EntryMaker) -> None:
    make_entry()
    assert "Tick the leads first" in answer(owner, do="accept").text
    assert "Tick the leads first" in answer(owner, do="reject").text
    assert "Tick the leads first" in answer(owner, do="accept", accept="x").text
    assert reviews() == ["pending"]


def test_answers_are_taken_back_together_within_a_minute(
    owner: Client, colleague: Client, make_entry: EntryMaker
) -> None:
    entries = [make_entry() for _ in range(2)]
    with time_machine.travel(AT, tick=False) as clock:
        page = answer(owner, *entries, do="accept")
        assert "You answered 2 leads within the last minute." in page.text
        assert "within the last minute" not in colleague.get(reverse("portal:feed")).text
        named = re.findall(r'name="answer" value="([^"]+)"', page.text)
        clock.shift(60)
        back = owner.post(reverse("portal:undo_many"), {"answer": named[:1]}, follow=True)
        assert "1 answer taken back." in back.text
        clock.shift(1)
        late = owner.post(reverse("portal:undo_many"), {"answer": named}, follow=True)
    assert "taken back" not in late.text
    assert len(late.context["skipped"]) == 2
    assert sorted(reviews()) == ["accepted", "pending"]
    for odd in ("", "x", "pending:x", f"accepted:{entries[0].id.hex.upper()}"):
        assert owner.post(reverse("portal:undo_many"), {"answer": odd}).status_code == 302


def test_foreign_leads_stay_as_they_are(people: People, make_entry: EntryMaker) -> None:
    entry = make_entry({"name": "Ana Example"})
    stranger = Client()
    stranger.force_login(people.stranger)
    page = answer(stranger, entry, do="accept")
    seen = stranger.get(reverse("portal:feed"), {"skipped": str(entry.id)})
    assert "Ana Example" not in page.text + seen.text
    assert reviews() == ["pending"]


def test_reader_has_no_boxes_and_answers_nothing(
    owner: Client, people: People, make_entry: EntryMaker
) -> None:
    entry = make_entry()
    assert 'name="lead"' in owner.get(reverse("portal:feed")).text
    answer(owner, entry, do="accept")
    reader = Client()
    reader.force_login(people.reader)
    Member.objects.filter(user=people.owner).update(role=Member.Role.READER)
    for name in ("answer_many", "undo_many"):
        path = reverse(f"portal:{name}")
        for client in (reader, owner):
            assert client.post(path, {"lead": entry.id, "answer": f"accepted:{entry.id}"}).status_code == 403
    text = owner.get(reverse("portal:feed")).text
    assert 'name="lead"' not in text
    assert "Undo" not in text
    assert reviews() == ["accepted"]


def test_new_leads_are_announced_once_and_never_inserted(
    owner: Client, make_entry: EntryMaker, people: People
) -> None:
    make_entry(created_at=AT)
    page = owner.get(reverse("portal:feed"))
    path, newest = reverse("portal:arrivals"), str(page.context["newest"])
    assert f"{path}?newest={newest}" in page.text
    assert owner.get(path, {"newest": newest, "said": "0"}).status_code == 204
    for minutes in (1, 2):
        make_entry(created_at=AT + timedelta(minutes=minutes))
    assert "2 new · Show" in owner.get(path, {"newest": newest, "said": "0"}).text
    assert owner.get(path, {"newest": newest, "said": "2"}).status_code == 204
    for query in ({"review": "accepted"}, {"since": "2026-01-01"}, {"older": newest}):
        assert "data-live" not in owner.get(reverse("portal:feed"), query).text
