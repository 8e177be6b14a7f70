"""The second factor: set up, asked for at both doors, lost, removed, required, sealed."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from leadflip.kit.crypto import SealError
from partners.accounts.factor import seals
from partners.models import AuditEntry, User
from tests.factories import MemberFactory, UserFactory
from tests.partners.accounts.steps import ADMIN, PORTAL, sign_in, signed_in, way
from tests.people import PASSWORD

SET_UP, INDEX = "/account/second-factor/set-up/", "/account/second-factor/"
CODE, CODES, REMOVE = "/account/code/", f"{INDEX}codes/", f"{INDEX}remove/"


@pytest.fixture
def ana(db: None) -> User:
    person = UserFactory.create(email="ana@example.com", name="Ana", is_staff=True, password=PASSWORD)
    person.groups.add(Group.objects.get(name="operator"))
    return person


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def secret_on(page: Any) -> str:
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)<', page.content.decode())
    assert found
    return found[1].replace(" ", "")


def set_up(client: Client, person: User) -> tuple[str, list[str]]:
    """The secret and the recovery codes of somebody who is signed in now."""
    client.force_login(person)
    secret = secret_on(client.get(SET_UP))
    done = client.post(SET_UP, {"code": code_of(secret), "password": PASSWORD})
    codes = re.findall(r'<li class="mono">(\d{4} \d{4})</li>', done.content.decode())
    return secret, codes


def test_setting_up_asks_for_code_and_password_and_shows_codes_once(client: Client, ana: User) -> None:
    client.force_login(ana)
    page = client.get(SET_UP)
    secret = secret_on(page)
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    assert secret not in str(dict(client.session))
    for typed, told in (
        ({"code": code_of(secret), "password": "wrong"}, "This is not your password."),
        ({"code": "000000", "password": PASSWORD}, "This is not the code."),
        ({}, "Type the code."),
    ):
        answer = client.post(SET_UP, typed).content.decode()
        assert told in answer
        assert not Authenticator.objects.exists()
    done = client.post(
        SET_UP, {"code": f" {code_of(secret)[:3]} {code_of(secret)[3:]} ", "password": PASSWORD}
    )
    html = done.content.decode()
    codes = re.findall(r'<li class="mono">(\d{4} \d{4})</li>', html)
    assert len(set(codes)) == 10
    assert codes[0].replace(" ", "%20") in html
    assert "no-store" in done.headers["Cache-Control"]
    assert codes[0] not in client.get(INDEX).content.decode()
    assert way(client.get(SET_UP)) == INDEX
    entry = AuditEntry.objects.get()
    assert (entry.user, entry.changes) == (ana, [{"what": "Second factor", "secret": "set"}])


def test_secrets_are_sealed_at_rest(client: Client, ana: User) -> None:
    secret, codes = set_up(client, ana)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not [code for code in codes if code.replace(" ", "") in kept]


@pytest.mark.parametrize(("door", "home"), [(ADMIN, "/admin/"), (PORTAL, "/portal/")])
def test_signing_in_takes_the_code_at_both_doors(client: Client, ana: User, door: str, home: str) -> None:
    MemberFactory.create(user=ana)
    secret, codes = set_up(client, ana)
    client.logout()
    AuditEntry.objects.all().delete()
    assert way(sign_in(client, door, ana.email)) == CODE
    assert not signed_in(client)
    page = client.get(CODE).content.decode()
    assert 'name="leave"' in page
    assert client.get("/admin/").status_code == 302
    assert "This is not the code." in client.post(CODE, {"code": "123456"}).content.decode()
    assert way(client.post(CODE, {"code": code_of(secret)})) == home
    assert signed_in(client)
    # A code signs in once, and so does a recovery code.
    for code in (code_of(secret), codes[3]):
        client.logout()
        sign_in(client, door, ana.email)
        answer = client.post(CODE, {"code": code})
        assert answer.status_code == (200 if code == code_of(secret) else 302)
    client.logout()
    sign_in(client, door, ana.email)
    assert client.post(CODE, {"code": codes[3]}).status_code == 200
    told = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert told == ["refused", "signed_in", "refused", "signed_in", "refused"]


@pytest.mark.parametrize("door", [ADMIN, PORTAL])
def test_who_is_half_way_in_can_sign_in_as_somebody_else(client: Client, ana: User, door: str) -> None:
    MemberFactory.create(user=ana)
    set_up(client, ana)
    client.logout()
    sign_in(client, door, ana.email)
    assert way(client.get(reverse(door))) == CODE
    assert way(client.post(CODE, {"leave": ""})) == reverse(door)
    assert client.get(reverse(door)).status_code == 200


def test_who_was_sent_somewhere_comes_there_after_the_code(client: Client, ana: User) -> None:
    secret, _codes = set_up(client, ana)
    client.logout()
    sign_in(client, ADMIN, ana.email, next="/admin/delivery/log/")
    assert way(client.post(CODE, {"code": code_of(secret)})) == "/admin/delivery/log/"


def test_guessing_codes_is_stopped(client: Client, ana: User) -> None:
    secret, _codes = set_up(client, ana)
    client.logout()
    sign_in(client, ADMIN, ana.email)
    for _ in range(5):
        client.post(CODE, {"code": "123456"})
    answer = client.post(CODE, {"code": code_of(secret)}).content.decode()
    assert "Too many wrong attempts." in answer
    assert not signed_in(client)


def test_the_page_for_the_code_is_of_no_use_alone(client: Client, ana: User) -> None:
    assert way(client.get(CODE)) == "/account/login/"
    assert way(client.get(INDEX)).startswith("/account/login/")


def test_new_codes_and_removal_ask_for_the_password(client: Client, ana: User) -> None:
    _secret, old = set_up(client, ana)
    for url in (CODES, REMOVE):
        assert "This is not your password." in client.post(url, {"password": "wrong"}).content.decode()
    page = client.post(CODES, {"password": PASSWORD}).content.decode()
    assert not [code for code in old if code in page]
    assert way(client.post(REMOVE, {"password": PASSWORD})) == INDEX
    assert not Authenticator.objects.exists()
    assert [each["what"] for entry in AuditEntry.objects.order_by("pk") for each in entry.changes] == [
        "Second factor",
        "Recovery codes",
        "Second factor",
    ]
    assert {way(client.get(url)) for url in (CODES, REMOVE)} == {INDEX}


def test_an_admin_removes_a_lost_one(client: Client, admin: User, ana: User) -> None:
    set_up(client, ana)
    url = reverse("admin:partners_user_factor", args=[ana.pk])
    assert client.post(url).status_code == 403
    client.force_login(admin)
    assert url in client.get(reverse("admin:partners_user_change", args=[ana.pk])).content.decode()
    assert client.get(url).status_code == 200
    assert Authenticator.objects.exists()
    assert client.post(url).status_code == 302
    assert not Authenticator.objects.exists()
    entry = AuditEntry.objects.latest("pk")
    assert (entry.user, entry.object_id) == (admin, str(ana.pk))
    assert entry.changes == [{"what": "Second factor", "secret": "removed"}]


def test_required_leads_staff_to_set_one_up_first(client: Client, ana: User, settings: Any) -> None:
    member = MemberFactory.create(user__password=PASSWORD).user
    settings.STAFF_SECOND_FACTOR = "required"
    client.force_login(member)
    assert client.get("/portal/").status_code == 200
    sign_in(client := Client(), ADMIN, ana.email)
    for url in ("/admin/", "/admin/delivery/log/", "/portal/", INDEX):
        assert way(client.get(url)) == SET_UP, url
    assert client.post("/admin/password_change/").status_code == 302
    part = client.get("/admin/delivery/log/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, SET_UP)
    assert client.get("/healthz").status_code == 200
    assert "Staff need a second factor here." in client.get(SET_UP).content.decode()
    set_up(client, ana)
    assert client.get("/admin/").status_code == 200
    client.post(REMOVE, {"password": PASSWORD})
    assert way(client.get("/admin/")) == SET_UP
    assert client.post("/admin/logout/").status_code == 302


def test_secrets_follow_the_keys(client: Client, ana: User, settings: Any) -> None:
    """An exchanged key, and one that is lost."""
    secret, codes = set_up(client, ana)
    old, new = settings.ENCRYPTION_KEYS[0], "bmV3IGtleSBmb3IgdGhlIHNlY29uZCBmYWN0b3IhISE="
    settings.ENCRYPTION_KEYS = [new, old]
    assert seals.standing() == (2, [])
    call_command("reseal")
    assert seals.standing() == (0, [])
    settings.ENCRYPTION_KEYS = [new]
    kept = {row.type: row.wrap() for row in Authenticator.objects.all()}
    assert kept["recovery_codes"].get_unused_codes()[0] == codes[0].replace(" ", "")
    assert kept["totp"].validate_code(code_of(secret, 1))
    settings.ENCRYPTION_KEYS = ["YW5vdGhlciBrZXksIHdoaWNoIG9wZW5zIG5vdGhpbmc="]
    assert len(seals.standing().lost) == 2
    with pytest.raises(CommandError, match="stay shut"):
        call_command("reseal")
    with pytest.raises(SealError):
        kept["totp"].validate_code(code_of(secret))


def test_old_secrets_of_a_page_do_not_come_back(client: Client, ana: User) -> None:
    """Each page that is opened has a secret of its own; another person's session is of no use."""
    client.force_login(ana)
    first, second = (secret_on(client.get(SET_UP)) for _ in range(2))
    assert first != second
    answer = client.post(SET_UP, {"code": code_of(first), "password": PASSWORD})
    assert "This is not the code." in answer.content.decode()
