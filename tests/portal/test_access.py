"""Every address of the portal, asked by everybody: own or 404, and the door for who is not signed in."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from partners.models import User
from portal.models import Entry, EntryEvent
from tests.factories import DeliverySettingsFactory, EntryFactory, MemberFactory
from tests.people import People
from tests.portal.conftest import EntryMaker


@dataclass(frozen=True)
class Address:
    """A page of the portal: its method, and what a member gets."""

    name: str
    method: str = "get"
    status: int = 200
    entry: bool = False


PAGES = [
    Address("feed"),
    Address("find", "post", 302),
    Address("arrivals"),
    Address("answer_many", "post", 302),
    Address("undo_many", "post", 302),
    Address("csv"),
    Address("csv_file", status=400),  # without its form
    Address("activity"),
    Address("account"),
    Address("password"),
    Address("details", "post"),  # without its form
    Address("news", "post", 302),
    Address("theme", "post"),  # without its form
    Address("switch", "post", 302),
    Address("lead", entry=True),
    Address("accept", "post", 302, entry=True),
    Address("reject", "post", entry=True),  # without its form
    Address("return", "post", entry=True),  # without its form
    Address("undo", "post", 400, entry=True),  # without its form
]
DOORS = {"login", "logout", "join", "news_stop"}
# Who may enter is the owners' matter: tests/portal/test_people.py.
OWNERS = {"people", "invite", "role", "remove", "renew", "withdraw"}


def ask(client: Client, address: Address, entry: Entry | None = None) -> int:
    path = reverse(f"portal:{address.name}", args=[entry.id] if entry and address.entry else [])
    return int(getattr(client, address.method)(path).status_code)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_table_names_every_address() -> None:
    names = {key for key in get_resolver("portal.urls").reverse_dict if isinstance(key, str)}
    assert names == {address.name for address in PAGES} | DOORS | OWNERS


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_owner_and_colleague_enter(address: Address, people: People, make_entry: EntryMaker) -> None:
    assert ask(signed_in(people.owner), address, make_entry()) == address.status
    assert ask(signed_in(people.colleague), address, make_entry()) == address.status


@pytest.mark.parametrize("address", [page for page in PAGES if page.entry], ids=lambda address: address.name)
def test_stranger_gets_404_for_foreign_leads(
    address: Address, people: People, make_entry: EntryMaker
) -> None:
    entry = make_entry({"name": "Ana Example"})
    assert ask(signed_in(people.stranger), address, entry) == 404
    entry.refresh_from_db()
    assert (entry.review, EntryEvent.objects.count()) == ("pending", 0)


@pytest.mark.parametrize(
    "address", [page for page in PAGES if not page.entry], ids=lambda address: address.name
)
def test_stranger_gets_404_for_the_foreign_partner(address: Address, people: People) -> None:
    client = signed_in(people.stranger)
    ask_with = getattr(client, address.method)
    path = reverse(f"portal:{address.name}")
    assert ask_with(path, {"partner": people.partner.pk}).status_code == 404
    assert ask_with(path, {"partner": "x"}).status_code == 404


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_nobody_is_led_to_the_sign_in(address: Address, people: People, make_entry: EntryMaker) -> None:
    entry = make_entry()
    assert ask(Client(), address, entry) == 302
    entry.refresh_from_db()
    assert entry.review == "pending"


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_staff_without_a_partner_is_told_to_go_to_the_admin(
    address: Address, people: People, make_entry: EntryMaker
) -> None:
    assert ask(signed_in(people.viewer), address, make_entry()) == 403


def test_staff_page_names_the_admin_and_no_lead(
    client: Client, people: People, make_entry: EntryMaker
) -> None:
    entry = make_entry({"name": "Ana Example"})
    client.force_login(people.viewer)
    page = client.get(reverse("portal:lead", args=[entry.id]))
    assert 'href="/admin/"' in page.text
    assert "Ana Example" not in page.text


def test_lists_of_a_stranger_hold_nothing_of_the_partner(people: People, make_entry: EntryMaker) -> None:
    make_entry({"name": "Ana Example"})
    owner, stranger = signed_in(people.owner), signed_in(people.stranger)
    owner.post(reverse("portal:accept", args=[Entry.objects.get().id]))
    for name in ("feed", "csv", "activity", "account"):
        for query in ({}, {"review": "accepted"}):
            text = stranger.get(reverse(f"portal:{name}"), query).text
            assert "Ana Example" not in text
            assert "Acme Solar" not in text
            assert "owner@example.com" not in text


def test_inactive_partner_keeps_its_portal(client: Client, people: People, make_entry: EntryMaker) -> None:
    make_entry({"name": "Ana Example"})
    people.partner.active = False
    people.partner.save()
    client.force_login(people.owner)
    page = client.get(reverse("portal:feed"))
    assert "Ana Example" in page.text
    assert "No new leads are sent to you at present" in page.text


def test_inactive_person_is_out_at_once(client: Client, people: People) -> None:
    client.force_login(people.owner)
    people.owner.is_active = False
    people.owner.save()
    assert client.get(reverse("portal:feed")).status_code == 302


def test_removed_member_is_out_at_once(client: Client, people: People, make_entry: EntryMaker) -> None:
    entry = make_entry()
    client.force_login(people.colleague)
    people.colleague.memberships.all().delete()
    assert client.get(reverse("portal:lead", args=[entry.id])).status_code == 403


def test_reader_reads_and_downloads(people: People, make_entry: EntryMaker) -> None:
    entry = make_entry({"name": "Ana Example"})
    client = signed_in(people.reader)
    page = client.get(reverse("portal:lead", args=[entry.id]))
    assert "Ana Example" in page.text
    assert "Accept lead" not in page.text
    assert client.get(reverse("portal:csv")).status_code == 200


@pytest.mark.parametrize("name", ["accept", "reject", "return", "undo"])
def test_reader_answers_nothing(people: People, make_entry: EntryMaker, name: str) -> None:
    entry = make_entry()
    path = reverse(f"portal:{name}", args=[entry.id])
    assert signed_in(people.reader).post(path, {"reason": "no_fit", "review": "accepted"}).status_code == 403
    entry.refresh_from_db()
    assert entry.review == "pending"


def test_person_of_two_partners_switches(client: Client, people: People, make_entry: EntryMaker) -> None:
    make_entry({"name": "Ana Example"})
    MemberFactory.create(user=people.owner, partner=people.foreign)
    client.force_login(people.owner)
    assert "Ana Example" in client.get(reverse("portal:feed")).text
    client.post(reverse("portal:switch"), {"partner": people.foreign.pk})
    assert "Ana Example" not in client.get(reverse("portal:feed")).text
    client.post(reverse("portal:switch"), {"partner": people.partner.pk})
    assert "Ana Example" in client.get(reverse("portal:feed")).text


def test_a_lead_opens_the_partner_that_it_belongs_to(people: People, make_entry: EntryMaker) -> None:
    MemberFactory.create(user=people.owner, partner=people.foreign, role="reader")
    settings = DeliverySettingsFactory.create(partner=people.foreign, kind="portal")
    other = EntryFactory.create(partner=people.foreign, settings=settings)
    client = signed_in(people.owner)
    page = client.get(reverse("portal:lead", args=[other.id]))
    # The role is that at the lead's own partner.
    assert "Accept lead" not in page.text
    assert "Other Roofs" in client.get(reverse("portal:feed")).text


def test_pages_are_stored_nowhere(client: Client, people: People, make_entry: EntryMaker) -> None:
    entry = make_entry()
    client.force_login(people.owner)
    for path in (reverse("portal:feed"), reverse("portal:lead", args=[entry.id])):
        assert "no-store" in client.get(path)["Cache-Control"]
