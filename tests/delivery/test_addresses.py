"""Another webhook address: an owner asks, an admin answers, and nothing stored goes to a new host unasked."""

from typing import Any

import pytest
from django.test import Client

from delivery.models import Job
from delivery.pages import own_address
from distribution.models import Entity
from leadflip.kit import clock
from leadflip.kit.matters import counts, looks, told
from partners.models import AddressChange, AuditEntry, DeliverySettings, May, Revision, User
from partners.outgoing.secrets import new_secret, rotated
from portal.models import EntryEvent
from tests import factories as f
from tests.people import People, make_people

URL, ANSWER = "/portal/deliveries/address/", "/admin/delivery/addresses/"
OLD, PATH, ELSEWHERE = (
    "https://crm.example.com/leads",
    "https://crm.example.com/v2/leads",
    "https://new.example.net/leads",
)


@pytest.fixture
def people(db: None) -> People:
    people = make_people()
    people.partner.may = [each.value for each in May if each != May.AT_ONCE]
    people.partner.save()
    return people


@pytest.fixture
def webhook(people: People) -> DeliverySettings:
    config = {"url": OLD, "signing": True, "headers": ["X-Api-Key"], "method": "PUT"}
    row = f.DeliverySettingsFactory.create(partner=people.partner, kind="webhook", config=config)
    row.put_secrets(
        {"signing": rotated([], new_secret(), clock.now()), "headers": {"X-Api-Key": "planted-value"}}
    )
    row.save()
    people.partner.default_settings = row
    people.partner.save()
    return row


@pytest.fixture
def entity(people: People) -> Entity:
    entity = f.EntityFactory.create(name="Solar lead", display_field="name")
    f.make_fields(entity, name="text")
    people.partner.refresh_from_db()
    return entity


def post(client: Client, person: User, **sent: Any) -> str:
    client.force_login(person)
    response = client.post(URL, sent, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def answer(client: Client, change: AddressChange, **sent: Any) -> str:
    named = {"change": change.pk, "seen": change.asked_at.isoformat()}
    typed = {f"{change.pk}-{name}": value for name, value in sent.items() if name != "do"}
    response = client.post(ANSWER, {**named, **typed, "do": sent["do"]}, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def kinds() -> list[str]:
    rows = EntryEvent.objects.exclude(kind="signed_in").order_by("id")
    return list(rows.values_list("kind", flat=True))


def address(row: DeliverySettings) -> str:
    row.refresh_from_db()
    return str(row.config["url"])


def matters() -> list[str]:
    looked = looks(lambda permission: permission.endswith("_deliverysettings"))
    return [each.words for each in told(looked, counts({name: look.rows for name, look in looked.items()}))]


def test_an_owner_asks_and_an_admin_approves(
    client: Client, admin_client: Client, people: People, webhook: DeliverySettings
) -> None:
    page = post(client, people.owner, url=ELSEWHERE, do="read")
    assert "It is on another host" in page
    assert "X-Api-Key" not in page
    page = post(client, people.owner, url=ELSEWHERE, do="send")
    assert "until it is approved" in page
    assert (address(webhook), matters()) == (OLD, ["1 partner asks for another webhook address"])
    page = admin_client.get(ANSWER).content.decode()
    for words in (ELSEWHERE, "Headers with stored values: X-Api-Key", "another host", "Owner"):
        assert words in page
    assert "planted-value" not in page
    assert (
        "ask for another"
        in admin_client.get(f"/admin/partners/partner/{people.partner.pk}/change/").content.decode()
    )
    change, before = AddressChange.objects.get(), Revision.current()
    page = answer(admin_client, change, do="approve")
    assert "Choose what becomes of the stored headers" in page
    assert "<title>Error: " in page
    assert address(webhook) == OLD
    assert "has the new address" in answer(admin_client, change, do="approve", headers="keep")
    assert (address(webhook), webhook.version, Revision.current()) == (ELSEWHERE, 2, before + 1)
    assert webhook.config == {"url": ELSEWHERE, "signing": True, "headers": ["X-Api-Key"], "method": "PUT"}
    assert set(webhook.secrets()) == {"signing", "headers"}
    assert (kinds(), matters()) == (["asked", "approved"], [])
    entry = AuditEntry.objects.filter(verb="changed", model="partners.partner").get()
    assert ELSEWHERE in str(entry.changes)
    assert "another one by now" in answer(admin_client, change, do="approve", headers="keep")


def test_stored_headers_stay_behind_where_the_admin_says_so(
    admin_client: Client, client: Client, people: People, webhook: DeliverySettings
) -> None:
    post(client, people.owner, url=ELSEWHERE, do="send")
    answer(admin_client, AddressChange.objects.get(), do="approve", headers="drop")
    assert (address(webhook), webhook.config["headers"]) == (ELSEWHERE, [])
    assert set(webhook.secrets()) == {"signing"}


def test_a_refusal_is_read_with_its_reason(
    client: Client, admin_client: Client, people: People, webhook: DeliverySettings
) -> None:
    post(client, people.owner, url=PATH, do="send")
    change = AddressChange.objects.get()
    assert "Write why" in answer(admin_client, change, do="refuse")
    answer(admin_client, change, do="refuse", reason="Call us first.")
    client.force_login(people.owner)
    page = client.get(URL).content.decode()
    assert "Call us first." in page
    assert "Take it back" not in page
    assert (address(webhook), kinds()) == (OLD, ["asked", "refused"])


def test_what_was_read_is_what_is_approved(
    client: Client, admin_client: Client, people: People, webhook: DeliverySettings
) -> None:
    """The partner exchanges it behind the admin's back; the admin the address behind the partner's."""
    post(client, people.owner, url=PATH, do="send")
    read = AddressChange.objects.get()
    post(client, people.owner, url=ELSEWHERE, do="send")
    assert "another one by now" in answer(admin_client, read, do="approve", headers="keep")
    DeliverySettings.objects.filter(pk=webhook.pk).update(
        config={**webhook.config, "url": "https://third.example.com/"}
    )
    change = AddressChange.objects.get()
    assert "in force no more" in admin_client.get(ANSWER).content.decode()
    assert "another one by now" in answer(admin_client, change, do="approve", headers="keep")
    assert address(webhook) == "https://third.example.com/"
    assert "Taken back" in post(client, people.owner, do="back")
    assert not AddressChange.objects.exists()
    assert kinds() == ["asked", "asked", "unasked"]


@pytest.mark.parametrize(
    ("url", "at_once"),
    [
        (PATH, True),
        (ELSEWHERE, False),
        ("https://crm.example.com:8443/leads", False),
        ("https://crm.example.com.evil.example/leads", False),
    ],
)
def test_without_approval_the_host_stays(
    client: Client, people: People, webhook: DeliverySettings, url: str, at_once: bool
) -> None:
    people.partner.may = May.values
    people.partner.save()
    post(client, people.owner, url=url, do="send")
    assert address(webhook) == (url if at_once else OLD)
    assert AddressChange.objects.get().state == ("at_once" if at_once else "waiting")
    assert matters() == [
        "1 partner changed its webhook address itself"
        if at_once
        else "1 partner asks for another webhook address"
    ]
    assert AuditEntry.objects.filter(user=people.owner, model="partners.partner").count() == 1


@pytest.mark.parametrize(
    "url",
    ["", "http://crm.example.com/leads", "https://127.0.0.1/", "https://a:b@crm.example.com/", OLD, "crm"],
)
def test_an_address_that_cannot_be_is_refused_in_words(
    client: Client, people: People, webhook: DeliverySettings, url: str
) -> None:
    for do in ("read", "send", "test"):
        assert "Check these entries" in post(client, people.owner, url=url, do=do)
    assert not AddressChange.objects.exists()


def test_a_test_of_a_new_address_carries_no_stored_header(
    client: Client, people: People, webhook: DeliverySettings, entity: Entity
) -> None:
    webhook.per_entity = {str(entity.pk): {"ticks": ["name"], "known": ["name"]}}
    webhook.save()
    post(client, people.owner, url=ELSEWHERE, do="test", entity=entity.pk)
    row = Job.objects.get(test=True).settings
    assert (row.config["url"], row.config["headers"], set(row.secrets())) == (ELSEWHERE, [], {"signing"})
    assert (address(webhook), kinds()) == (OLD, ["tested"])
    people.partner.may = [May.ADDRESS.value]
    people.partner.save()
    assert client.post(URL, {"url": ELSEWHERE, "do": "test", "entity": entity.pk}).status_code == 404


def test_tries_are_few(
    client: Client, people: People, webhook: DeliverySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking and testing alike: each test calls a host of the partner's choice."""
    monkeypatch.setattr(own_address, "RATES", {"address": "1/h/user"})
    assert "Many tries" not in post(client, people.owner, url=PATH, do="send")
    for do in ("send", "test"):
        assert "Many tries" in post(client, people.owner, url=ELSEWHERE, do=do)
    assert AddressChange.objects.get().url == PATH
    assert not Job.objects.exists()


def test_owners_alone_ask_and_admins_alone_answer(
    client: Client, people: People, webhook: DeliverySettings
) -> None:
    for person, status in ((people.colleague, 403), (people.reader, 403), (people.stranger, 404)):
        client.force_login(person)
        for sent in ({"url": ELSEWHERE, "do": "send"}, {"do": "back"}):
            assert client.post(URL, sent).status_code == status
    client.force_login(people.viewer)
    assert client.get(ANSWER).status_code == 200
    assert client.post(ANSWER, {"do": "approve"}).status_code == 403
    people.partner.may = []
    people.partner.save()
    client.force_login(people.owner)
    assert client.get(URL).status_code == 404
    assert not AddressChange.objects.exists()
