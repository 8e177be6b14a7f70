from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.models import Entry, EntryEvent
from portal.reasons import Reason
from tests.people import People
from tests.portal.conftest import EntryMaker, SettingsMaker

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


def path(name: str, entry: Entry) -> str:
    return reverse(f"portal:{name}", args=[entry.id])


def test_lead_shows_exactly_the_ticked_fields(
    owner: Client, make_entry: EntryMaker, subset: SettingsMaker
) -> None:
    settings = subset("name", "address.city", "iban")
    entry = make_entry(
        {"name": "Ana", "phone": "+4930123", "score": 987, "address": {"city": "Berlin", "street": "Hidden"}},
        hidden={"iban": "DE02120300000000202051"},
        settings=settings,
    )
    text = owner.get(path("lead", entry)).text
    assert all(value in text for value in ("Ana", "Berlin", "DE02120300000000202051"))
    assert not any(value in text for value in ("+4930123", "987", "Hidden", "Phone", "Score", "Email"))


def test_lead_without_a_ticked_field_says_so(
    owner: Client, make_entry: EntryMaker, subset: SettingsMaker
) -> None:
    settings = subset()
    assert (
        "No field of this lead is shared with you"
        in owner.get(path("lead", make_entry({"name": "Ana"}, settings=settings))).text
    )


def test_lead_escapes_what_people_typed(owner: Client, make_entry: EntryMaker) -> None:
    entry = make_entry({"name": "<b>Ana</b>", "phone": '"><script>x</script>'})
    text = owner.get(path("lead", entry)).text
    assert "<b>Ana" not in text
    assert "<script>" not in text


def test_lead_links_phone_and_mail(owner: Client, make_entry: EntryMaker) -> None:
    text = owner.get(path("lead", make_entry({"phone": "+4930123", "email": "ana@example.com"}))).text
    assert 'href="tel:+4930123"' in text
    assert 'href="mailto:ana@example.com"' in text


def test_lead_notes_the_view_once_in_ten_minutes(
    owner: Client, people: People, make_entry: EntryMaker
) -> None:
    entry = make_entry()
    with time_machine.travel(AT, tick=False) as clock:
        owner.get(path("lead", entry))
        clock.shift(300)
        owner.get(path("lead", entry))
        assert EntryEvent.objects.filter(kind="viewed", user=people.owner).count() == 1
        clock.shift(300)
        owner.get(path("lead", entry))
        assert EntryEvent.objects.filter(kind="viewed", user=people.owner).count() == 2


def test_accept_is_shown_where_it_was_done(owner: Client, people: People, make_entry: EntryMaker) -> None:
    entry = make_entry()
    page = owner.post(path("accept", entry), follow=True)
    assert page.redirect_chain == [(path("lead", entry), 302)]
    assert "Lead accepted." in page.text
    assert "By Owner" in page.text
    entry.refresh_from_db()
    assert (entry.review, entry.answered_by) == ("accepted", people.owner)


def test_accept_leads_to_the_next_waiting_lead(owner: Client, make_entry: EntryMaker) -> None:
    first, second = make_entry(), make_entry()
    page = owner.post(path("accept", second), follow=True)
    assert path("lead", first) in page.text
    assert "Next lead to review" not in owner.post(path("accept", first), follow=True).text


def test_accept_needs_a_post(owner: Client, make_entry: EntryMaker) -> None:
    entry = make_entry()
    assert owner.get(path("accept", entry)).status_code == 405
    assert owner.get(path("reject", entry)).status_code == 405


def test_accept_needs_its_token(people: People, make_entry: EntryMaker) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.owner)
    entry = make_entry()
    assert client.post(path("accept", entry)).status_code == 403
    entry.refresh_from_db()
    assert entry.review == "pending"


def test_reject_keeps_reason_and_note(owner: Client, make_entry: EntryMaker) -> None:
    entry = make_entry()
    page = owner.post(path("reject", entry), {"reason": "no_fit", "note": "Too <small>."}, follow=True)
    assert "Lead rejected." in page.text
    assert "Does not fit what we offer" in page.text
    assert "Too &lt;small&gt;." in page.text
    entry.refresh_from_db()
    assert (entry.review, entry.reason, entry.note) == ("rejected", "no_fit", "Too <small>.")


@pytest.mark.parametrize(
    ("reason", "note", "words"),
    [
        ("", "Too small.", "Choose a reason from the list."),
        ("because", "Too small.", "because"),
        ("other", "", "Write the reason here"),
        ("no_fit", "x" * 501, "at most 500 characters"),
    ],
)
def test_reject_with_a_fault_keeps_what_was_typed(
    owner: Client, make_entry: EntryMaker, reason: str, note: str, words: str
) -> None:
    entry = make_entry()
    page = owner.post(path("reject", entry), {"reason": reason, "note": note})
    assert words in page.text
    assert "<title>Error:" in page.text
    assert note in page.text
    assert "<details open>" in page.text
    entry.refresh_from_db()
    assert entry.review == "pending"


@pytest.mark.parametrize("reason", Reason.values)
def test_reject_takes_every_reason_of_the_list(owner: Client, make_entry: EntryMaker, reason: str) -> None:
    entry = make_entry()
    owner.post(path("reject", entry), {"reason": reason, "note": "Told."})
    entry.refresh_from_db()
    assert entry.reason == reason


def test_accept_after_a_colleague_says_who_and_when(
    owner: Client, colleague: Client, people: People, make_entry: EntryMaker
) -> None:
    entry = make_entry()
    with time_machine.travel(AT, tick=False):
        colleague.post(path("accept", entry))
        page = owner.post(path("accept", entry), follow=True)
    assert "Colleague accepted this on 24 Nov 2026, 14:02. Nothing was changed." in page.text
    entry.refresh_from_db()
    assert entry.answered_by == people.colleague


def test_reject_after_a_colleague_keeps_both_the_answer_and_the_note(
    owner: Client, colleague: Client, people: People, make_entry: EntryMaker
) -> None:
    entry = make_entry()
    colleague.post(path("reject", entry), {"reason": "no_fit"})
    page = owner.post(path("reject", entry), {"reason": "other", "note": "They moved away."})
    assert page.status_code == 409
    assert "Colleague rejected this on" in page.text
    assert "Your note was not saved:" in page.text
    assert "They moved away." in page.text
    entry.refresh_from_db()
    assert (entry.reason, entry.note, entry.answered_by) == ("no_fit", "", people.colleague)


def test_accept_twice_does_no_harm(owner: Client, people: People, make_entry: EntryMaker) -> None:
    entry = make_entry()
    owner.post(path("accept", entry))
    assert "Owner accepted this" in owner.post(path("accept", entry), follow=True).text
    assert EntryEvent.objects.filter(kind="accepted").count() == 1


def test_lead_tells_who_did_what(owner: Client, colleague: Client, make_entry: EntryMaker) -> None:
    entry = make_entry()
    colleague.get(path("lead", entry))
    colleague.post(path("accept", entry))
    steps = owner.get(path("lead", entry)).context["steps"]
    assert [(step.kind, str(step.user)) for step in steps] == [
        ("viewed", "Owner"),
        ("accepted", "Colleague"),
        ("viewed", "Colleague"),
    ]
