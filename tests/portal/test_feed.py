from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadflip.kit import paging
from tests.people import People
from tests.portal.conftest import EntryMaker, SettingsMaker

ANSWER = {"answered_at": timezone.now()}


@pytest.fixture
def owner(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


def feed(client: Client, **query: str) -> str:
    return client.get(reverse("portal:feed"), query).text


def test_feed_shows_waiting_leads_by_their_display_field(owner: Client, make_entry: EntryMaker) -> None:
    make_entry({"name": "Ana Example", "phone": "+49301234567"})
    text = feed(owner)
    assert "Ana Example" in text
    assert "+49301234567" in text


def test_feed_has_a_tab_for_each_review(owner: Client, make_entry: EntryMaker, people: People) -> None:
    make_entry({"name": "Waiting Wanda"})
    make_entry({"name": "Taken Tom"}, review="accepted", answered_by=people.colleague, **ANSWER)
    make_entry({"name": "Refused Rita"}, review="rejected", reason="out_of_area", **ANSWER)
    names = {"pending": "Waiting Wanda", "accepted": "Taken Tom", "rejected": "Refused Rita"}
    for review in names:
        text = feed(owner, review=review)
        assert {name for name in names.values() if name in text} == {names[review]}
    assert "Colleague" in feed(owner, review="accepted")
    assert "Outside our area" in feed(owner, review="rejected")


def test_feed_with_an_unknown_tab_is_the_waiting_one(owner: Client, make_entry: EntryMaker) -> None:
    make_entry({"name": "Waiting Wanda"})
    assert "Waiting Wanda" in feed(owner, review="everything")


def test_feed_counts_stop_above_the_most(
    owner: Client, make_entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_entry()
    assert '<span class="tally">3</span>' in feed(owner)
    monkeypatch.setattr(paging, "MOST", 2)
    monkeypatch.setattr("leadflip.kit.show.MOST", 2)
    assert '<span class="tally">2+</span>' in feed(owner)


def test_feed_pages_keep_their_tab(
    owner: Client, make_entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        make_entry({"name": f"Lead number {number}"}, review="accepted", **ANSWER)
    first = owner.get(reverse("portal:feed"), {"review": "accepted"})
    older = first.context["page"].older
    assert f"?review=accepted&amp;older={older}" in first.text
    second = owner.get(reverse("portal:feed"), {"review": "accepted", "older": older})
    assert len(second.context["entries"]) == 10
    assert "Lead number 0<" in second.text


def test_feed_empty_tells_what_will_come(owner: Client) -> None:
    assert "Nothing waiting" in feed(owner)
    assert "Nothing accepted yet" in feed(owner, review="accepted")
    assert "Nothing rejected yet" in feed(owner, review="rejected")


def test_feed_below_the_last_lead_leads_back(owner: Client, make_entry: EntryMaker) -> None:
    assert "Back to the newest" in feed(owner, older=str(make_entry().id))


def test_feed_holds_no_unticked_or_encrypted_value(
    owner: Client, make_entry: EntryMaker, subset: SettingsMaker
) -> None:
    settings = subset("name", "iban")
    make_entry(
        {"name": "Ana Example", "phone": "+49301234567", "score": 987654321},
        hidden={"iban": "DE02120300000000202051"},
        settings=settings,
    )
    text = feed(owner)
    assert "Ana Example" in text
    for value in ("+49301234567", "987654321", "DE02120300000000202051"):
        assert value not in text


def test_feed_tells_times_in_the_partners_zone(owner: Client, make_entry: EntryMaker) -> None:
    make_entry(created_at=datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    text = feed(owner)
    assert "6 Jan 2026, 00:30" in text
    assert "All times in Europe/Berlin" in text
