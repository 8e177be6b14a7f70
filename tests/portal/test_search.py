"""Search and filters of the feed: only in ticked cells, however many leads there are."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from distribution.intake import digests
from distribution.models import Entity, Lead, LeadKey
from portal import search
from portal.models import Entry
from tests.factories import DeliverySettingsFactory, EntityFactory, make_fields
from tests.people import People
from tests.portal.conftest import EntryMaker, SettingsMaker

IBAN = "DE02120300000000202051"
VALUES = {
    "name": "Ana Müller",
    "phone": "+4930123456",
    "email": "ana@example.com",
    "score": 987,
    "address": {"city": "Berlin", "street": "Hidden Lane"},
}


@pytest.fixture
def owner(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


@pytest.fixture
def keyed(entity: Entity) -> Callable[[Entry], Entry]:
    """Gives the entry's lead the digests that intake would have."""

    def key(entry: Entry) -> Entry:
        from distribution.catalogue import entity_spec
        from partners.models import Revision

        lead = Lead.objects.get(id=entry.lead_id)
        made = digests.keyed(entity_spec(Revision.current(), entity.pk).keyed, lead.values, {})
        LeadKey.objects.bulk_create(
            LeadKey(lead=lead, field_id=each.field_id, digest=each.digests[0]) for each in made
        )
        return entry

    return key


def found(client: Client, text: str, **query: str) -> list[str]:
    """Ids of the leads that the page shows after somebody typed `text`."""
    return ids(look(client, text, **query))


def look(client: Client, text: str, **query: str) -> Any:
    path = reverse("portal:find", query=query) if query else reverse("portal:find")
    return client.post(path, {"text": text}, follow=True)


def ids(page: Any) -> list[str]:
    return [str(entry.id) for entry, *_rest in page.context["entries"]]


@pytest.mark.parametrize(
    ("text", "ticks", "finds"),
    [
        ("müll", ["name"], True),
        ("MÜLLER", ["name"], True),
        ("  ana ", ["name"], True),
        ("98", ["score"], True),
        ("berlin", ["address.city"], True),
        ("hidden", ["address"], True),
        ("hidden", ["address.city"], False),
        ("30123", ["name"], False),
        ("987", ["name", "phone"], False),
        ("%", ["name"], False),
        (IBAN, ["name", "iban"], False),
        (IBAN[:6], ["name", "iban"], False),
        # Whole contacts, which are looked up by their digests.
        ("ana@example.com", ["email"], True),
        ("ANA@example.com", ["email"], True),
        ("+49 30 123456", ["phone"], True),
        ("ana@example.com", ["name", "phone"], False),
        ("+4930123456", ["name", "email"], False),
    ],
)
def test_search_finds_what_is_ticked_and_nothing_else(
    owner: Client,
    make_entry: EntryMaker,
    subset: SettingsMaker,
    keyed: Callable[[Entry], Entry],
    text: str,
    ticks: list[str],
    finds: bool,
) -> None:
    entry = keyed(make_entry(VALUES, hidden={"iban": IBAN}, settings=subset(*ticks)))
    make_entry({"name": "Somebody else"})
    assert found(owner, text) == ([str(entry.id)] if finds else [])


# What others have or is not ticked, beside what nobody has.
PROBES = [
    (VALUES["phone"], "+4930999999"),
    ("30123", "30999"),
    (VALUES["email"], "nobody@example.com"),
    ("ana@", "bob@"),
    ("other@example.com", "nobody@example.com"),
    (IBAN, "DE89370400440532013000"),
    (IBAN[:6], "DE8937"),
    ("Hidden Lane", "Nowhere Lane"),
    ("987", "789"),
]


def test_search_of_what_is_not_ticked_is_answered_as_of_nothing(
    owner: Client,
    people: People,
    make_entry: EntryMaker,
    keyed: Callable[[Entry], Entry],
    subset: SettingsMaker,
) -> None:
    keyed(make_entry(VALUES, hidden={"iban": IBAN}, settings=subset("name")))
    foreign = DeliverySettingsFactory.create(partner=people.foreign, kind="portal")
    keyed(make_entry({"email": "other@example.com"}, settings=foreign))

    def answer(text: object) -> tuple[str, int]:
        """The page without what was typed, and how many queries it took."""
        address = owner.post(reverse("portal:find"), {"text": text}).headers["Location"]
        with CaptureQueriesContext(connection) as queries:
            page = owner.get(address).text.replace(str(text), "")
        assert "No lead matches" in page
        tokens = r'(?<=find=)[\w-]+|(?<=name="find" value=")[\w-]+|(?<=csrfmiddlewaretoken" value=")\w+'
        return re.sub(tokens, "", page), len(queries)

    answer("no such text")
    assert [text for text, nonsense in PROBES if answer(text) != answer(nonsense)] == []


def test_search_text_stands_in_no_address_and_is_one_persons(
    owner: Client, people: People, make_entry: EntryMaker
) -> None:
    make_entry({"name": "Ana <b>Example</b>"})
    page = look(owner, "ana <b>", review="pending")
    address = page.redirect_chain[0][0]
    assert "ana" not in address.lower()
    assert 'value="ana &lt;b&gt;"' in page.text
    assert 'aria-current="page"' in page.text
    colleague = Client()
    colleague.force_login(people.colleague)
    theirs = colleague.get(address)
    assert "This search is over: type it again." in theirs.text
    assert theirs.context["entries"] == []


def test_search_looks_at_own_leads_alone(people: People, owner: Client, make_entry: EntryMaker) -> None:
    make_entry({"name": "Ana Example"})
    stranger = Client()
    stranger.force_login(people.stranger)
    assert found(owner, "example")
    assert found(stranger, "example") == []


def test_search_goes_on_where_it_stopped(
    owner: Client, make_entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "DEEP", 3)
    oldest = make_entry({"name": "Ana"}, created_at=datetime(2026, 1, 5, tzinfo=UTC))
    for number in range(3):
        make_entry({"name": f"Ben {number}"}, created_at=datetime(2026, 1, 6 + number, tzinfo=UTC))
    first = look(owner, "ana")
    assert ids(first) == []
    assert "Looked through the newest leads, back to" in first.text
    assert "6 Jan 2026" in first.text
    address, older = first.redirect_chain[0][0], first.context["page"].older
    second = owner.get(f"{address}&older={older}")
    assert ids(second) == [str(oldest.id)]
    assert "Look further back" not in second.text


def test_search_pages_and_keeps_its_tab(
    owner: Client, make_entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SIZE", 2)
    made = [make_entry({"name": f"Ana {number}"}, answered=True) for number in range(3)]
    make_entry({"name": "Ana waits"})
    first = look(owner, "ana", review="accepted")
    assert ids(first) == [str(entry.id) for entry in made[:0:-1]]
    second = owner.get(f"{first.redirect_chain[0][0]}&older={first.context['page'].older}")
    assert ids(second) == [str(made[0].id)]


def test_filters_by_kind_and_day(owner: Client, people: People, make_entry: EntryMaker) -> None:
    other = EntityFactory.create(name="Heat pump", display_field="name")
    make_fields(other, name="text")
    day = datetime(2026, 3, 5, 12, tzinfo=UTC)
    made = {
        "old": make_entry(created_at=day - timedelta(days=1)),
        # 6 March in Berlin.
        "late": make_entry(created_at=day.replace(hour=23, minute=30)),
        "pump": make_entry(created_at=day, entity=other),
    }
    names = {str(entry.id): name for name, entry in made.items()}

    def shows(**query: str) -> set[str]:
        return {names[id] for id in ids(owner.get(reverse("portal:feed"), query))}

    assert shows(entity=str(other.pk)) == {"pump"}
    assert shows(since="2026-03-05") == {"late", "pump"}
    assert shows(until="2026-03-05") == {"old", "pump"}
    assert shows(since="2026-03-06", until="2026-03-06") == {"late"}
    for query, words in (
        ({"since": "5.3."}, "Write the day as YYYY-MM-DD."),
        ({"since": "2026-03-06", "until": "2026-03-05"}, "before the first one"),
        ({"since": "0001-01-01"}, "after 1 Jan 2000"),
        ({"entity": "999999"}, "no leads of this kind"),
        ({"find": "x"}, "This search is over"),
    ):
        page = owner.get(reverse("portal:feed"), query)
        assert words in page.text
        assert "<title>Error:" in page.text


def test_filter_finds_a_lead_that_was_held(owner: Client, make_entry: EntryMaker) -> None:
    """Its id is of the day before: it came when the partner opened."""
    entry = make_entry(created_at=datetime(2026, 3, 4, 22, tzinfo=UTC))
    Entry.objects.filter(id=entry.id).update(created_at=datetime(2026, 3, 6, 8, tzinfo=UTC))
    assert ids(owner.get(reverse("portal:feed"), {"since": "2026-03-06"})) == [str(entry.id)]


def test_search_takes_few_queries(
    owner: Client, make_entry: EntryMaker, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_entry({"name": f"Ana {number}"})
    address = look(owner, "ana").redirect_chain[0][0]
    with django_assert_max_num_queries(9):
        owner.get(address)
