import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from distribution.models import Entity
from portal import download
from portal.access import Place
from portal.csvfile import Data
from portal.download import Wanted
from portal.models import EntryEvent
from tests.factories import EntityFactory, make_fields
from tests.people import People
from tests.portal.conftest import EntryMaker, SettingsMaker

AT = datetime(2026, 11, 24, 13, 5, 9, tzinfo=UTC)
# The day after in Berlin, still the day before in UTC.
LATE = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


@pytest.fixture
def owner(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


def ask(client: Client, entity: Entity, **query: Any) -> Any:
    query = {"entity": entity.pk, "format": "data", "delimiter": ",", **query}
    return client.get(reverse("portal:csv_file"), query)


def rows(client: Client, entity: Entity, **query: Any) -> list[dict[str, str]]:
    text = ask(client, entity, **query).getvalue().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def page(client: Client, **query: Any) -> Any:
    return client.get(reverse("portal:csv"), query)


def test_file_holds_the_leads_newest_first(
    owner: Client, people: People, entity: Entity, make_entry: EntryMaker
) -> None:
    first = make_entry({"name": "Ana", "address": {"city": "Berlin"}}, hidden={"iban": "DE02"}, created_at=AT)
    make_entry(
        {"name": "Ben"},
        review="rejected",
        reason="no_fit",
        note="Too small.",
        answered_by=people.colleague,
        answered_at=AT,
        created_at=LATE,
    )
    ben, ana = rows(owner, entity)
    assert (ana["lead_id"], ana["name"], ana["address.city"], ana["iban"]) == (
        str(first.lead_id),
        "Ana",
        "Berlin",
        "DE02",
    )
    assert (ana["portal.received_at"], ana["portal.review"], ana["portal.answered_at"]) == (
        "2026-11-24T13:05:09Z",
        "pending",
        "",
    )
    assert [ben[f"portal.{key}"] for key in ("review", "answered_at", "answered_by", "reason", "note")] == [
        "rejected",
        "2026-11-24T13:05:09Z",
        "Colleague",
        "no_fit",
        "Too small.",
    ]


def test_file_headers(client: Client, people: People, entity: Entity, make_entry: EntryMaker) -> None:
    make_entry()
    with time_machine.travel(LATE, tick=False):
        client.force_login(people.owner)
        answer = ask(client, entity)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    # The day is the partner's.
    assert answer["Content-Disposition"] == 'attachment; filename="leadflip-solar-lead-2026-11-25.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer.streaming


def test_file_goes_by_the_partners_zone_whatever_the_persons_is(
    owner: Client, people: People, entity: Entity, make_entry: EntryMaker
) -> None:
    people.owner.zone = "Asia/Tokyo"
    people.owner.save()
    make_entry({"name": "Night"}, created_at=LATE)
    assert "are those of Europe/Berlin" in page(owner).text
    sheet = ask(owner, entity, format="spreadsheet", start="2026-11-25", end="2026-11-25").getvalue()
    assert b"2026-11-25 00:30:00" in sheet


def test_file_in_the_spreadsheet_format_begins_as_excel_wants(
    owner: Client, entity: Entity, make_entry: EntryMaker
) -> None:
    make_entry({"name": "=1+1"}, created_at=AT)
    content = ask(owner, entity, format="spreadsheet", delimiter=";").getvalue()
    assert content.startswith(b'\xef\xbb\xbf"Lead id";"Received (Europe/Berlin)";"Review";')
    assert b'"2026-11-24 14:05:09"' in content
    assert b'"\'=1+1"' in content


def test_file_holds_no_unticked_value(
    owner: Client, entity: Entity, make_entry: EntryMaker, subset: SettingsMaker
) -> None:
    values = {"name": "Ana", "phone": "+4930", "address": {"city": "Berlin", "street": "Hidden"}}
    make_entry(values, hidden={"iban": "DE02"}, settings=subset("name", "address.city"))
    (row,) = rows(owner, entity)
    fields = {key: value for key, value in row.items() if not key.startswith("portal.")}
    assert fields.keys() == {"lead_id", "name", "address.city"}
    assert (row["name"], row["address.city"]) == ("Ana", "Berlin")


def test_file_of_two_settings_shows_each_lead_by_its_own(
    owner: Client, entity: Entity, make_entry: EntryMaker, subset: SettingsMaker
) -> None:
    make_entry({"name": "Open", "phone": "+4911"}, created_at=AT)
    make_entry({"name": "Cut", "phone": "+4922"}, settings=subset("name"), created_at=LATE)
    assert [(row["name"], row["phone"]) for row in rows(owner, entity)] == [("Cut", ""), ("Open", "+4911")]


def test_file_holds_one_entity(owner: Client, entity: Entity, make_entry: EntryMaker) -> None:
    other = EntityFactory.create(name="Heat pump", slug="heat-pump")
    make_fields(other, name="text")
    make_entry({"name": "Sun"})
    make_entry({"name": "Heat"}, entity=other)
    assert [row["name"] for row in rows(owner, entity)] == ["Sun"]
    assert [row["name"] for row in rows(owner, other)] == ["Heat"]


def test_file_follows_review_and_days_of_the_partners_zone(
    owner: Client, entity: Entity, make_entry: EntryMaker
) -> None:
    make_entry({"name": "Day"}, created_at=AT)
    make_entry({"name": "Night"}, created_at=LATE, review="accepted", answered_at=LATE)
    names = {
        "all": {},
        "accepted": {"review": "accepted"},
        "from": {"start": "2026-11-25"},
        "until": {"end": "2026-11-24"},
        "none": {"end": "2026-11-23"},
    }
    found = {key: [row["name"] for row in rows(owner, entity, **query)] for key, query in names.items()}
    assert found == {
        "all": ["Night", "Day"],
        "accepted": ["Night"],
        "from": ["Night"],
        "until": ["Day"],
        "none": [],
    }


def test_file_of_a_foreign_entity_is_refused(owner: Client, people: People, make_entry: EntryMaker) -> None:
    foreign = EntityFactory.create(name="Secret kind")
    make_entry()
    answer = ask(owner, foreign)
    assert answer.status_code == 400
    assert "Secret kind" not in answer.text
    assert not EntryEvent.objects.exists()


def test_download_is_noted_with_filter_and_rows(
    owner: Client, people: People, entity: Entity, make_entry: EntryMaker
) -> None:
    make_entry()
    make_entry()
    answer = ask(owner, entity, review="pending", start="2020-01-01")
    event = EntryEvent.objects.get(kind="downloaded")
    assert (event.user, event.partner, event.detail["rows"]) == (people.owner, people.partner, 0)
    answer.getvalue()
    event.refresh_from_db()
    assert event.detail == {
        "filter": {"entity": "solar-lead", "review": "pending", "start": "2020-01-01", "end": ""},
        "format": "data",
        "rows": 2,
    }


def test_download_that_breaks_off_is_noted_with_what_left(
    people: People, entity: Entity, make_entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "BATCH", 2)
    for _ in range(6):
        make_entry()
    place = Place(people.owner, people.owner.memberships.get(), [])
    pieces = download.stream(
        place=place, wanted=Wanted(entity.pk, entity.slug), format=Data(), name="data", at=AT
    )
    next(pieces), next(pieces)
    pieces.close()
    assert EntryEvent.objects.get(kind="downloaded").detail["rows"] == 2


def test_download_reads_in_batches_from_a_server_side_cursor(
    owner: Client, entity: Entity, make_entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "BATCH", 3)
    for number in range(7):
        make_entry({"name": f"N{number}"})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        pieces = list(ask(owner, entity).streaming_content)
    assert len(pieces) == 4  # the header, then 3 + 3 + 1 rows
    assert sum("distribution_lead" in query["sql"] for query in queries) == 4  # the form's look, then batches


def test_page_of_one_entity_does_not_ask_which(owner: Client, make_entry: EntryMaker) -> None:
    make_entry()
    answer = page(owner)
    assert "Kind of lead" not in answer.text
    assert "1 lead<" in answer.text
    assert "Address: postcode" in answer.text


def test_page_of_several_entities_asks_which(owner: Client, entity: Entity, make_entry: EntryMaker) -> None:
    other = EntityFactory.create(name="Heat pump")
    make_entry()
    make_entry(entity=other)
    answer = page(owner)
    assert "Kind of lead" in answer.text
    assert "Heat pump" in answer.text
    assert "What the file holds" not in answer.text
    assert "Choose one: a file holds one kind of lead." in page(owner, review="accepted").text
    assert "1 lead<" in page(owner, entity=entity.pk).text


def test_page_counts_what_is_chosen(owner: Client, entity: Entity, make_entry: EntryMaker) -> None:
    make_entry()
    assert "No leads in this range." in page(owner, review="accepted").text


def test_page_warns_of_more_rows_than_excel_opens(
    owner: Client, make_entry: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_entry()
    assert "rows at most" not in page(owner).text
    monkeypatch.setattr("portal.csv.COUNTED", 0)
    assert "rows at most" in page(owner).text


def test_page_without_leads_says_what_will_be_here(owner: Client) -> None:
    assert "No leads yet" in page(owner).text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"start": "24.11.2026"}, "Write the day as YYYY-MM-DD."),
        ({"start": "2026-11-24", "end": "2026-11-23"}, "This day is before the first one."),
        ({"start": "0001-01-01"}, "Choose a day after 1 Jan 2000."),
        ({"format": "pdf"}, "pdf"),
        ({"delimiter": "|"}, "|"),
    ],
)
def test_file_with_a_fault_comes_back_as_the_form(
    owner: Client, entity: Entity, make_entry: EntryMaker, query: dict[str, str], words: str
) -> None:
    make_entry()
    answer = ask(owner, entity, **query)
    assert answer.status_code == 400
    assert words in answer.text
    assert "<title>Error:" in answer.text


def test_separator_is_remembered(owner: Client, entity: Entity, make_entry: EntryMaker) -> None:
    make_entry()
    ask(owner, entity, format="spreadsheet", delimiter=";").getvalue()
    form = page(owner).context["form"]
    assert form["delimiter"].value() == ";"
