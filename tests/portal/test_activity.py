from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from distribution.models import Entity, Field
from leadflip.kit import clock
from partners.services import touch
from portal import team
from portal.activity import download_words
from portal.models import EntryEvent
from tests.factories import EntryEventFactory
from tests.people import People
from tests.portal.conftest import EntryMaker

AT = datetime(2026, 11, 24, 13, 2, tzinfo=UTC)


@pytest.fixture
def owner(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


def history(client: Client, query: str = "") -> list[tuple[str, str, str]]:
    """What, lead, who; newest first."""
    events = client.get(reverse("portal:activity") + query).context["events"]
    return [(event.kind, summary.title if summary else "", str(event.user)) for event, summary, _ in events]


def test_history_tells_every_step_with_person(people: People, entity: Entity, make_entry: EntryMaker) -> None:
    entry, other = make_entry({"name": "Ana"}), make_entry({"name": "Ben"})
    people.colleague.set_password("correct horse battery")
    people.colleague.save()
    client = Client()
    client.post(
        reverse("portal:login"), {"login": "colleague@example.com", "password": "correct horse battery"}
    )
    client.get(reverse("portal:lead", args=[entry.id]))
    client.post(reverse("portal:accept", args=[entry.id]))
    client.post(reverse("portal:reject", args=[other.id]), {"reason": "no_fit"})
    query: dict[str, int | str] = {"entity": entity.pk, "format": "data", "delimiter": ","}
    client.get(reverse("portal:csv_file"), query).getvalue()
    assert history(client) == [
        ("downloaded", "", "Colleague"),
        ("rejected", "Ben", "Colleague"),
        ("accepted", "Ana", "Colleague"),
        ("viewed", "Ana", "Colleague"),
        ("signed_in", "", "Colleague"),
    ]


def test_history_stands_in_the_partners_zone(owner: Client, people: People, make_entry: EntryMaker) -> None:
    EntryEventFactory.create(entry=make_entry(), user=people.colleague, at=AT)
    with time_machine.travel(AT.replace(day=26), tick=False):
        owner.force_login(people.owner)
        text = owner.get(reverse("portal:activity")).text
    assert '<time datetime="2026-11-24T13:02:00Z">24 Nov 2026, 14:02</time>' in text


def test_history_links_to_the_lead(owner: Client, make_entry: EntryMaker) -> None:
    event = EntryEventFactory.create(entry=make_entry({"name": "Ana"}))
    assert reverse("portal:lead", args=[event.entry_id]) in owner.get(reverse("portal:activity")).text


def test_history_of_a_stranger_is_its_own(people: People, make_entry: EntryMaker, client: Client) -> None:
    EntryEventFactory.create(entry=make_entry({"name": "Ana"}))
    client.force_login(people.stranger)
    assert history(client) == []
    assert "Nothing yet" in client.get(reverse("portal:activity")).text


def test_history_pages(owner: Client, make_entry: EntryMaker) -> None:
    entry = make_entry()
    EntryEventFactory.create_batch(60, entry=entry)
    first = owner.get(reverse("portal:activity"))
    older = first.context["page"].older
    assert f"?older={older}" in first.text
    assert len(owner.get(reverse("portal:activity"), {"older": older}).context["events"]) == 10


def test_history_is_narrowed_by_person_kind_and_day(
    owner: Client, people: People, make_entry: EntryMaker
) -> None:
    entry = make_entry({"name": "Ana"})
    late = AT.replace(hour=23, minute=30)  # the day after, in Berlin
    for user, kind, at in (
        (people.owner, "viewed", AT),
        (people.colleague, "viewed", AT),
        (people.colleague, "accepted", late),
    ):
        EntryEventFactory.create(entry=entry, user=user, kind=kind, at=at)
    told = {
        "": 3,
        f"?who={people.colleague.pk}": 2,
        f"?who={people.colleague.pk}&kind=viewed": 1,
        "?kind=accepted": 1,
        "?since=2026-11-25": 1,
        "?until=2026-11-24": 2,
        "?since=2026-11-24&until=2026-11-25": 3,
        "?since=2026-11-26": 0,
    }
    assert {query: len(history(owner, query)) for query in told} == told
    assert "Nothing matches" in owner.get(f"{reverse('portal:activity')}?since=2026-11-26").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?since=24.11.2026", "Write the day as YYYY-MM-DD."),
        ("?since=2026-11-25&until=2026-11-24", "is later than"),
        ("?kind=flown", "There is no such choice"),
        ("?who=0", "There is no such choice"),
    ],
)
def test_history_says_what_is_wrong_with_a_filter(owner: Client, query: str, words: str) -> None:
    page = owner.get(reverse("portal:activity") + query)
    assert words in page.text
    assert "<title>Error:" in page.text


def test_filters_hold_through_the_pages(owner: Client, make_entry: EntryMaker) -> None:
    entry = make_entry()
    EntryEventFactory.create_batch(60, entry=entry, kind="viewed")
    EntryEventFactory.create_batch(60, entry=entry, kind="accepted")
    first = owner.get(reverse("portal:activity"), {"kind": "viewed"})
    older = first.context["page"].older
    assert f"kind=viewed&amp;older={older}" in first.text
    assert len(history(owner, f"?kind=viewed&older={older}")) == 10


def test_person_who_was_removed_stays_in_the_filter(
    owner: Client, people: People, make_entry: EntryMaker
) -> None:
    EntryEventFactory.create(entry=make_entry(), user=people.colleague, kind="viewed")
    row = people.colleague.memberships.get()
    team.remove(member=row, by=people.owner, at=clock.now())
    assert len(history(owner, f"?who={people.colleague.pk}")) == 1


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_operator_reads_the_same_on_the_partners_page(
    sign_in: Callable[[str], Client], people: People, make_entry: EntryMaker, role: str
) -> None:
    EntryEventFactory.create(entry=make_entry({"name": "Ana", "phone": "+4930"}), user=people.colleague)
    desk = sign_in(role)
    way = reverse("partner_activity", args=[people.partner.pk])
    form = desk.get(reverse("admin:partners_partner_change", args=[people.partner.pk])).text
    assert f'href="{way}"' in form
    page = desk.get(way)
    assert [(str(event.user), name.title) for event, name, _ in page.context["events"]] == [
        ("Colleague", "Ana")
    ]
    Field.objects.filter(key="name").update(sensitive=True)
    touch()
    assert "Ana" not in desk.get(way).text
    assert desk.get(reverse("partner_activity", args=[people.foreign.pk])).context["events"] == []


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"filter": {"entity": "solar-lead"}, "rows": 1}, "1 lead of solar-lead"),
        (
            {"filter": {"entity": "solar-lead", "review": "accepted", "start": "2026-11-01"}, "rows": 4812},
            "4,812 leads of solar-lead, Accepted, 2026-11-01",
        ),
        (
            {"filter": {"entity": "a", "start": "2026-11-01", "end": "2026-11-02"}, "rows": 0},
            "0 leads of a, 2026-11-01 – 2026-11-02",
        ),
    ],
)
def test_download_words_tell_what_left(detail: dict[str, object], words: str) -> None:
    assert download_words(EntryEvent(kind="downloaded", detail=detail)) == words


def test_download_words_of_other_events_are_none() -> None:
    assert download_words(EntryEvent(kind="viewed")) == ""
