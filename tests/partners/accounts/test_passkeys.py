"""Passkeys as second factor: added, signed in with, renamed, lost, and what is refused."""

import html
import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from fido2.utils import websafe_encode

from partners.accounts.factor import is_on, seals
from partners.accounts.factor.forms import MOST_LETTERS, MOST_PASSKEYS
from partners.models import AuditEntry, User
from tests.authenticator import Device, passkey_of
from tests.factories import MemberFactory, UserFactory
from tests.partners.accounts.steps import ADMIN, PORTAL, sign_in, signed_in, way
from tests.partners.accounts.test_factor import CODE, INDEX, REMOVE, set_up
from tests.people import PASSWORD

ADD = f"{INDEX}passkeys/add/"
STALE = "What your device made does not fit this page any more."


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture
def ana(db: None) -> User:
    person = UserFactory.create(email="ana@example.com", name="Ana", is_staff=True, password=PASSWORD)
    person.groups.add(Group.objects.get(name="operator"))
    return person


def options_on(page: Any) -> Any:
    found = re.search(r'data-options="([^"]*)"', page.content.decode())
    assert found
    return json.loads(html.unescape(found[1]))


def form(credential: str, **more: str) -> dict[str, str]:
    return {"name": "Phone", "password": PASSWORD, "credential": credential, **more}


def add(client: Client, person: User, device: Device, name: str = "Phone") -> Any:
    client.force_login(person)
    return client.post(ADD, form(device.made(options_on(client.get(ADD))), name=name))


def first_step(client: Client, door: str, person: User) -> Any:
    """Up to the page for the second step, as the browser gets it."""
    client.logout()
    sign_in(client, door, person.email)
    return client.get(CODE)


def told() -> list[Any]:
    return [entry.changes for entry in AuditEntry.objects.order_by("pk")]


def test_adding_one_asks_for_the_password_and_shows_codes_once(client: Client, ana: User) -> None:
    client.force_login(ana)
    credential = Device().made(options_on(client.get(ADD)))
    refused = client.post(ADD, form(credential, password="wrong"))
    assert "This is not your password." in refused.content.decode()
    # What the device made stays on the page: another one would be left behind on the device.
    assert html.escape(credential) in refused.content.decode()
    assert refused.context["form"].waits()
    assert "options" not in refused.context
    assert not is_on(ana)
    done = client.post(ADD, form(credential))
    assert len(re.findall(r'<li class="mono">\d{4} \d{4}</li>', done.content.decode())) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert is_on(ana)
    assert told() == [[{"what": "Passkey Phone", "secret": "set"}]]
    second = add(client, ana, Device("tablet"), "Tablet")
    assert way(second) == INDEX
    page = client.get(INDEX).content.decode()
    assert "Phone" in page
    assert "Tablet" in page


def test_a_row_holds_a_public_key_and_nothing_to_seal(client: Client, ana: User) -> None:
    device = Device()
    add(client, ana, device)
    data = Authenticator.objects.get(type="webauthn").data
    assert data.keys() == {"name", "credential"}
    assert data["credential"].keys() == {"id", "rawId", "type", "response"}
    assert data["credential"]["response"].keys() == {"clientDataJSON", "attestationObject"}
    found = Authenticator.objects.get(type="webauthn").wrap().authenticator_data.credential_data
    numbers = device.key.public_key().public_numbers()
    assert dict(found.public_key) == {
        1: 2,
        3: -7,
        -1: 1,
        -2: numbers.x.to_bytes(32, "big"),
        -3: numbers.y.to_bytes(32, "big"),
    }
    assert seals.renew() == 0
    assert seals.standing() == (0, [])


def _foreign(options: Any) -> Any:
    return {"publicKey": {**options["publicKey"], "rp": {"id": "example.com"}}}


def _with(credential: str, attestation: bytes) -> str:
    made = json.loads(credential)
    made["response"]["attestationObject"] = websafe_encode(attestation)
    return json.dumps(made)


def _other_challenge(options: Any) -> Any:
    return {"publicKey": {**options["publicKey"], "challenge": "b3RoZXI"}}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: "", "No passkey came with the form."),
        (lambda _: "{", STALE),
        (lambda _: '{"id": "x"}', STALE),
        (lambda _: '[{"id": "x"}]', STALE),
        (lambda _: json.dumps("x" * MOST_LETTERS), STALE),
        (lambda options: _with(Device().made(options), b"\x81" * 11_000), STALE),
        (lambda options: _with(Device().made(options), b"\x1a"), STALE),
        (lambda options: Device().made(_other_challenge(options)), STALE),
        (lambda options: Device().made(_foreign(options)), STALE),
        (lambda options: Device(origin="https://example.com").made(options), STALE),
    ],
    ids=["none", "half", "torn", "list", "long", "deep", "short", "challenge", "site", "origin"],
)
def test_what_no_device_made_for_this_page_is_refused(
    client: Client, ana: User, make: Any, words: str
) -> None:
    client.force_login(ana)
    answer = client.post(ADD, form(make(options_on(client.get(ADD)))))
    assert words in answer.content.decode()
    assert options_on(answer)
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(("door", "home"), [(ADMIN, "/admin/"), (PORTAL, "/portal/")])
def test_signing_in_takes_the_passkey_at_both_doors(client: Client, ana: User, door: str, home: str) -> None:
    MemberFactory.create(user=ana)
    device, stranger = Device(), Device("stranger")
    add(client, ana, device)
    AuditEntry.objects.all().delete()
    page = first_step(client, door, ana)
    assert not signed_in(client)
    assert "Recovery code" in page.content.decode()
    old = device.signed(options_on(page))
    for wrong in (stranger.signed(options_on(page)), '{"id": "x"}'):
        assert "This passkey did not fit." in client.post(CODE, {"credential": wrong}).content.decode()
    # Each page asks anew: what was signed for an earlier one is of no use.
    assert "This passkey did not fit." in client.post(CODE, {"credential": old}).content.decode()
    assert "No passkey came" in client.post(CODE, {"credential": ""}).content.decode()
    assert not signed_in(client)
    answer = client.post(CODE, {"credential": device.signed(options_on(client.get(CODE)))})
    assert way(answer) == home
    assert signed_in(client)
    assert Authenticator.objects.get(type="webauthn").last_used_at
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["refused"] * 3 + ["signed_in"]


def test_a_recovery_code_stands_in_for_a_lost_device(client: Client, ana: User) -> None:
    done = add(client, ana, Device())
    code = re.findall(r'<li class="mono">(\d{4} \d{4})</li>', done.content.decode())[0]
    first_step(client, ADMIN, ana)
    assert way(client.post(CODE, {"code": code})) == "/admin/"


def test_trying_passkeys_is_stopped(client: Client, ana: User) -> None:
    device, stranger = Device(), Device("stranger")
    add(client, ana, device)
    for _ in range(5):
        client.post(CODE, {"credential": stranger.signed(options_on(first_step(client, ADMIN, ana)))})
    answer = client.post(CODE, {"credential": device.signed(options_on(client.get(CODE)))})
    assert "Too many wrong attempts." in answer.content.decode()
    assert not signed_in(client)


def test_one_of_several_is_renamed_and_removed(client: Client, ana: User) -> None:
    set_up(client, ana)
    assert way(add(client, ana, Device())) == INDEX
    key = Authenticator.objects.get(type="webauthn").pk
    rename, remove = (reverse(f"mfa_{act}_webauthn", args=[key]) for act in ("edit", "remove"))
    assert "Write a name" in client.post(rename, {"name": " "}).content.decode()
    assert way(client.post(rename, {"name": "Old phone"})) == INDEX
    assert "Old phone" in client.get(INDEX).content.decode()
    assert "This is not your password." in client.post(remove, {"password": "wrong"}).content.decode()
    client.post(REMOVE, {"password": PASSWORD})
    # The passkey is left, and with it the recovery codes.
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"webauthn", "recovery_codes"}
    assert "Your password alone then signs in." in client.get(remove).content.decode()
    assert way(client.post(remove, {"password": PASSWORD})) == INDEX
    assert not Authenticator.objects.exists()
    assert told()[1:] == [
        [{"what": "Passkey Phone", "secret": "set"}],
        [{"what": "Passkey", "old": "Phone", "new": "Old phone"}],
        [{"what": "Second factor", "secret": "removed"}],
        [{"what": "Passkey Old phone", "secret": "removed"}],
    ]


def test_passkeys_of_others_are_not_found(client: Client, ana: User) -> None:
    key = passkey_of(UserFactory.create()).pk
    client.force_login(ana)
    for act in ("edit", "remove"):
        url = reverse(f"mfa_{act}_webauthn", args=[key])
        assert client.get(url).status_code == 404
        assert client.post(url, form("")).status_code == 404
    assert Authenticator.objects.get().wrap().name == "Phone"


def test_an_admin_removes_lost_ones(client: Client, admin: User, ana: User) -> None:
    add(client, ana, Device())
    client.force_login(admin)
    client.post(reverse("admin:partners_user_factor", args=[ana.pk]))
    assert not Authenticator.objects.exists()


def test_colleagues_see_that_it_is_on(client: Client, db: None) -> None:
    """The owner's own is off: one badge says so, the colleague's the other."""
    owner = MemberFactory.create(role="owner")
    passkey_of(MemberFactory.create(partner=owner.partner).user)
    client.force_login(owner.user)
    page = client.get(reverse("portal:people")).content.decode()
    assert (page.count("badge-delivered"), page.count("badge-cancelled")) == (1, 1)


def test_required_is_met_by_a_passkey(client: Client, ana: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    client.force_login(ana)
    assert ADD in client.get(way(client.get("/admin/"))).content.decode()
    assert "Staff need a second factor here." in client.get(ADD).content.decode()
    add(client, ana, Device())
    assert client.get("/admin/").status_code == 200


def test_ten_are_the_most_and_cost_no_more_queries_than_one(client: Client, ana: User) -> None:
    for number in range(MOST_PASSKEYS):
        passkey_of(ana, f"Key {number}")
    assert "Ten passkeys are the most." in add(client, ana, Device()).content.decode()
    for url in (INDEX, ADD):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        assert len(asked) <= 10
    first_step(client, ADMIN, ana)
    with CaptureQueriesContext(connection) as asked:
        assert len(options_on(client.get(CODE))["publicKey"]["allowCredentials"]) == MOST_PASSKEYS
    assert len(asked) <= 10


@pytest.mark.parametrize(
    ("host", "way_there"),
    [
        ("127.0.0.1:8000", f"http://localhost:8000{ADD}"),
        ("[::1]", f"http://localhost{ADD}"),
        ("192.0.2.7", ""),
    ],
)
def test_a_site_opened_by_number_leads_to_its_name(
    ana: User, settings: Any, host: str, way_there: str
) -> None:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "192.0.2.7"]
    passkey_of(ana)
    client = Client(headers={"host": host})
    client.force_login(ana)
    page = client.get(ADD).content.decode()
    assert "pass-key" not in page
    assert re.findall(r'primary" href="([^"]+)"', page) == ([way_there] if way_there else [])
    page = first_step(client, ADMIN, ana).content.decode()
    assert "Your passkeys belong to this site’s name" in page
    assert "pass-key" not in page
