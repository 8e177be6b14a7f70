from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from partners.models import User
from portal.models import EntryEvent
from tests.factories import UserFactory
from tests.people import People

PASSWORD = "correct horse battery"
NEW = "a longer new passphrase"


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, email: str, password: str = PASSWORD, **query: str) -> Any:
    return client.post(reverse("portal:login", query=query), {"login": email, "password": password, **query})


def test_member_signs_in_to_the_feed(client: Client, people: People) -> None:
    with_password(people.owner)
    assert sign_in(client, " Owner@Example.com ").headers["Location"] == reverse("portal:feed")
    assert client.get(reverse("portal:feed")).status_code == 200


def test_sign_in_is_noted_with_the_partner(client: Client, people: People) -> None:
    with_password(people.owner)
    sign_in(client, "owner@example.com")
    event = EntryEvent.objects.get()
    assert (event.kind, event.user, event.partner, event.entry) == (
        "signed_in",
        people.owner,
        people.partner,
        None,
    )


def test_sign_in_goes_on_to_the_page_that_was_asked_for(client: Client, people: People) -> None:
    with_password(people.owner)
    asked = client.get(reverse("portal:activity"))
    assert asked.headers["Location"] == "/portal/login/?next=/portal/activity/"
    assert sign_in(client, "owner@example.com", next="/portal/activity/").headers["Location"] == (
        "/portal/activity/"
    )


def test_sign_in_goes_to_no_other_site(client: Client, people: People) -> None:
    with_password(people.owner)
    answer = sign_in(client, "owner@example.com", next="https://evil.example.com/")
    assert answer.headers["Location"] == reverse("portal:feed")


@pytest.mark.parametrize(
    ("email", "password"), [("owner@example.com", "wrong"), ("nobody@example.com", PASSWORD)]
)
def test_sign_in_says_the_same_for_wrong_name_and_password(
    client: Client, people: People, email: str, password: str
) -> None:
    with_password(people.owner)
    answer = sign_in(client, email, password)
    assert "No login has this e-mail and password." in answer.text
    assert "<title>Error:" in answer.text
    assert not EntryEvent.objects.exists()


def test_inactive_person_reads_the_same(client: Client, people: People) -> None:
    people.owner.is_active = False
    with_password(people.owner)
    assert "No login has this e-mail and password." in sign_in(client, "owner@example.com").text


def test_staff_is_told_of_its_own_door(client: Client, people: People) -> None:
    with_password(people.viewer)
    answer = sign_in(client, "viewer@example.com")
    assert 'sign in at <a href="/admin/">/admin/</a>' in answer.text
    assert "_auth_user_id" not in client.session


def test_login_without_a_partner_is_told_so(client: Client, db: None) -> None:
    with_password(UserFactory.create(email="new@example.com"))
    assert "belongs to no partner yet" in sign_in(client, "new@example.com").text
    assert "_auth_user_id" not in client.session


def test_member_does_not_enter_the_admin(client: Client, people: People) -> None:
    client.force_login(people.owner)
    assert client.get(reverse("admin:index")).status_code == 302


def test_sign_out_needs_a_post_and_ends_the_session(client: Client, people: People) -> None:
    client.force_login(people.owner)
    assert client.get(reverse("portal:logout")).status_code == 405
    assert client.post(reverse("portal:logout")).headers["Location"] == reverse("portal:login")
    assert client.get(reverse("portal:feed")).status_code == 302


def change(client: Client, old: str, new: str) -> Any:
    return client.post(reverse("portal:password"), {"oldpassword": old, "password1": new, "password2": new})


def test_password_changes_and_other_devices_are_out(client: Client, people: People) -> None:
    with_password(people.owner)
    other = Client()
    for device in (client, other):
        sign_in(device, "owner@example.com")
    assert change(client, PASSWORD, NEW).headers["Location"] == reverse("portal:account")
    assert "Password changed." in client.get(reverse("portal:account")).text
    assert other.get(reverse("portal:feed")).status_code == 302
    people.owner.refresh_from_db()
    assert people.owner.check_password(NEW)


@pytest.mark.parametrize(("old", "new"), [("wrong", NEW), (PASSWORD, "short"), (PASSWORD, "123456789012")])
def test_password_with_a_fault_stays(client: Client, people: People, old: str, new: str) -> None:
    with_password(people.owner)
    client.force_login(people.owner)
    answer = change(client, old, new)
    assert "Check these entries" in answer.text
    people.owner.refresh_from_db()
    assert people.owner.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("theme", "mark"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"')]
)
def test_theme_is_kept_in_a_cookie(client: Client, people: People, theme: str, mark: str) -> None:
    client.force_login(people.owner)
    assert "data-theme" not in client.get(reverse("portal:feed")).text
    client.post(reverse("portal:theme"), {"theme": theme})
    assert mark in client.get(reverse("portal:feed")).text


def test_theme_that_is_none_comes_back(client: Client, people: People) -> None:
    client.force_login(people.owner)
    assert client.post(reverse("portal:theme"), {"theme": "pink"}).status_code == 200
    client.cookies["leadflip_theme"] = 'x" onload="alert(1)'
    assert "onload" not in client.get(reverse("portal:feed")).text
    assert "onload" not in client.get(reverse("portal:account")).text
