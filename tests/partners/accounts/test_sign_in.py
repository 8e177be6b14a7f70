"""Two doors: who passes, where they come out, and what is said to all others alike."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from tests.factories import UserFactory
from tests.partners.accounts.steps import ADMIN, PORTAL, sign_in, signed_in, way
from tests.people import PASSWORD, People, make_people

WRONG = "No login has this e-mail and password."


@pytest.fixture
def people(db: None) -> People:
    return make_people()


def test_staff_comes_to_the_admin(client: Client, people: People) -> None:
    assert way(sign_in(client, ADMIN, " Viewer@Example.com ")) == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_admin_leads_to_its_door_and_back_to_the_page(client: Client, people: People) -> None:
    asked = client.get("/admin/delivery/log/?status=failed")
    assert way(asked) == "/admin/login/?next=/admin/delivery/log/%3Fstatus%3Dfailed"
    door = way(client.get(way(asked)))
    assert door == "/account/login/?next=%2Fadmin%2Fdelivery%2Flog%2F%3Fstatus%3Dfailed"
    assert 'value="/admin/delivery/log/?status=failed"' in client.get(door).text
    answer = client.post(door, {"login": "viewer@example.com", "password": PASSWORD})
    assert way(answer) == "/admin/delivery/log/?status=failed"


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example.com/admin/",
        "//evil.example.com/",
        "http://localhost/admin/",  # in ALLOWED_HOSTS, but another site than the one that was asked
        "javascript:alert(1)",
        "\\\\evil.example.com",
        "/portal/csv/",  # the other door's
    ],
)
def test_next_is_an_own_address_behind_this_door(client: Client, people: People, next_: str) -> None:
    page = client.get(reverse(ADMIN), {"next": next_})
    assert escape(next_) not in page.text
    assert way(sign_in(client, ADMIN, "viewer@example.com", next=next_)) == "/admin/"


def test_partner_at_the_admin_door_is_told_where_to_go(client: Client, people: People) -> None:
    answer = sign_in(client, ADMIN, "owner@example.com")
    assert 'partner’s login: sign in at <a href="/portal/">/portal/</a>' in answer.text
    assert not signed_in(client)


def test_staff_at_the_portal_is_told_where_to_go(client: Client, people: People) -> None:
    answer = sign_in(client, PORTAL, "viewer@example.com")
    assert 'staff login: sign in at <a href="/admin/">/admin/</a>' in answer.text
    assert not signed_in(client)


def test_where_to_go_is_not_told_without_the_password(client: Client, people: People) -> None:
    assert WRONG in sign_in(client, PORTAL, "viewer@example.com", "wrong").text


@pytest.mark.parametrize("door", [ADMIN, PORTAL])
def test_all_wrong_pairs_read_the_same(client: Client, people: People, door: str) -> None:
    people.colleague.is_active = False
    people.colleague.save()
    UserFactory.create(email="invited@example.com", is_staff=True)
    tried = [
        ("owner@example.com", "wrong"),
        ("viewer@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("colleague@example.com", PASSWORD),
        ("invited@example.com", PASSWORD),
    ]
    pages = [sign_in(client, door, *pair).text.replace(pair[0], "") for pair in tried]
    bare = {re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages}
    assert len(bare) == 1
    assert WRONG in bare.pop()
    assert PASSWORD not in pages[0]


def test_person_of_both_kinds_passes_both_doors(client: Client, people: People) -> None:
    people.owner.is_staff = True
    people.owner.save()
    assert way(sign_in(client, PORTAL, "owner@example.com")) == "/portal/"
    client.logout()
    assert way(sign_in(client, ADMIN, "owner@example.com")) == "/admin/"


@pytest.mark.parametrize(("who", "home"), [("viewer", "/admin/"), ("owner", "/portal/")])
@pytest.mark.parametrize("door", [ADMIN, PORTAL])
def test_who_is_signed_in_is_led_home(client: Client, people: People, who: str, home: str, door: str) -> None:
    client.force_login(getattr(people, who))
    assert way(client.get(reverse(door))) == home


def test_partner_who_opens_the_admin_reads_who_may(client: Client, people: People) -> None:
    client.force_login(people.owner)
    page = client.get("/admin/", follow=True)
    assert page.status_code == 403
    assert 'href="/portal/"' in page.text


def test_signed_in_staff_cannot_try_passwords_uncounted(client: Client, people: People) -> None:
    client.force_login(people.viewer)
    answer = client.post("/admin/login/", {"username": "owner@example.com", "password": "guess"})
    assert way(answer) == "/admin/"


def test_sign_out_of_the_admin_needs_a_post(client: Client, people: People) -> None:
    client.force_login(people.viewer)
    assert client.get("/admin/logout/").status_code == 405
    assert way(client.post("/admin/logout/")) == "/account/login/"
    assert not signed_in(client)


@pytest.mark.parametrize("door", [ADMIN, PORTAL])
def test_form_is_one_for_password_managers(client: Client, db: None, door: str) -> None:
    page = client.get(reverse(door)).text
    assert re.search(r'<input type="email" name="login" autocomplete="username"', page)
    assert re.search(r'<input type="password" name="password" autocomplete="current-password"', page)
    assert "onpaste" not in page
    assert "no-store" in client.get(reverse(door)).headers["Cache-Control"]


def test_nobody_signs_up(client: Client, db: None) -> None:
    for path in ("/account/signup/", "/portal/signup/", "/account/email/"):
        assert client.get(path).status_code == 404


def test_addresses_are_kept_in_one_place_only(client: Client, people: People) -> None:
    """A row of allauth's own would let a former address sign in, and have the password changed."""
    sign_in(client, ADMIN, "viewer@example.com")
    people.viewer.email = "renamed@example.com"
    people.viewer.save()
    assert not EmailAddress.objects.exists()
    assert WRONG in sign_in(Client(), ADMIN, "viewer@example.com").text
    assert way(sign_in(Client(), ADMIN, "renamed@example.com")) == "/admin/"


def test_no_password_in_the_log(
    client: Client, people: People, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(client, ADMIN, "viewer@example.com", "planted-password")
    sign_in(client, ADMIN, "viewer@example.com")
    logged = "".join(capfd.readouterr()) + caplog.text
    assert "/account/login/" in logged
    assert "planted-password" not in logged
    assert PASSWORD not in logged
