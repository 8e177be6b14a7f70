"""People: own forms, roles, and no password on any page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from partners import roles
from partners.models import Member, User
from tests.factories import MemberFactory, PartnerFactory, UserFactory
from tests.forms import errors, submit

ADD = "/admin/partners/user/add/"
PASSWORD = "correct horse 42 battery"


def page(person: User) -> str:
    return reverse("admin:partners_user_change", args=[person.pk])


def link_page(person: User) -> str:
    return reverse("admin:partners_user_link", args=[person.pk])


def staff(role: str, **given: Any) -> User:
    person = UserFactory.create(is_staff=True, **given)
    person.groups.add(Group.objects.get(name=role))
    return person


def test_add_makes_one_who_is_invited_next(desk: Client) -> None:
    changes = {"email": "New.One@Example.com", "name": "Núria O’Neil", "role": "viewer"}
    answer = submit(desk, ADD, changes)
    person = User.objects.get(email="new.one@example.com")
    assert answer.headers["Location"] == link_page(person)
    assert (person.name, person.is_staff, person.has_usable_password()) == ("Núria O’Neil", True, False)
    assert roles.of(person) == "viewer"


def test_add_without_a_role_makes_no_staff(desk: Client) -> None:
    submit(desk, ADD, {"email": "partner@example.com", "role": ""})
    person = User.objects.get(email="partner@example.com")
    assert (person.is_staff, roles.of(person)) == (False, "")


def test_the_same_address_in_capitals_is_refused(desk: Client) -> None:
    UserFactory.create(email="ana@example.com")
    assert "already exists" in errors(submit(desk, ADD, {"email": "ANA@example.com", "role": ""}))


def test_change_gives_a_role(desk: Client) -> None:
    person = UserFactory.create()
    assert submit(desk, page(person), {"role": "operator", "zone": "Europe/Berlin"}).status_code == 302
    person.refresh_from_db()
    assert (person.is_staff, person.zone) == (True, "Europe/Berlin")
    assert [group.name for group in person.groups.all()] == ["operator"]


def test_change_takes_a_role_and_its_group(desk: Client) -> None:
    person = staff("operator")
    submit(desk, page(person), {"role": ""})
    person.refresh_from_db()
    assert (person.is_staff, person.groups.count()) == (False, 0)


def test_superuser_who_is_made_a_viewer_is_one(desk: Client) -> None:
    person = UserFactory.create(admin=True)
    submit(desk, page(person), {"role": "viewer"})
    person.refresh_from_db()
    assert (person.is_superuser, roles.of(person)) == (False, "viewer")
    assert not person.has_perm("partners.change_partner")


def test_superuser_stays_one_as_admin(desk: Client, admin: User) -> None:
    assert submit(desk, page(admin), {"name": "Ana"}).status_code == 302
    admin.refresh_from_db()
    assert (admin.is_superuser, admin.name) == (True, "Ana")


def test_operator_reads_the_role_in_words(sign_in: Callable[[str], Client], admin: User) -> None:
    html = sign_in("operator").get(page(admin)).text
    assert '<div class="readonly">Admin</div>' in html
    assert 'name="role"' not in html


def test_unknown_zone_is_refused(desk: Client) -> None:
    answer = submit(desk, page(UserFactory.create()), {"zone": "Europe/Atlantis"})
    assert "write one such as Europe/Berlin" in errors(answer)


def test_no_hash_on_any_page(desk: Client) -> None:
    person = UserFactory.create(password=PASSWORD)
    for url in (page(person), "/admin/partners/user/", page(person).replace("change", "history")):
        html = desk.get(url).content.decode()
        assert person.password not in html
        assert person.password.split("$")[0] not in html


def test_new_password_has_a_page_of_its_own(desk: Client) -> None:
    person = UserFactory.create()
    url = reverse("admin:auth_user_password_change", args=[person.pk])
    assert url in desk.get(page(person)).content.decode()
    desk.post(url, {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"})
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_nobody_is_left_without_a_password(desk: Client, admin: User) -> None:
    admin.set_password(PASSWORD)
    admin.save()
    desk.force_login(admin)
    url = reverse("admin:auth_user_password_change", args=[admin.pk])
    assert 'name="usable_password"' not in desk.get(url).text
    desk.post(url, {"usable_password": "false", "unset-password": "1"})
    admin.refresh_from_db()
    assert admin.check_password(PASSWORD)


def test_superuser_flag_cannot_be_posted(desk: Client) -> None:
    person = UserFactory.create()
    submit(desk, page(person), {"is_superuser": "on", "user_permissions": ["1"]})
    person.refresh_from_db()
    assert not person.is_superuser
    assert not person.user_permissions.exists()


@pytest.mark.parametrize("change", [{"is_active": None}, {"role": "operator"}, {"role": ""}])
def test_last_admin_stays(desk: Client, admin: User, change: dict[str, Any]) -> None:
    assert "last admin" in errors(submit(desk, page(admin), change))
    assert desk.post(page(admin).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert roles.of(User.objects.get(pk=admin.pk)) == "admin"


def test_admin_who_cannot_sign_in_does_not_count(desk: Client, admin: User) -> None:
    staff("admin", is_active=False)
    assert "last admin" in errors(submit(desk, page(admin), {"role": ""}))


def test_admin_may_go_once_there_is_another(desk: Client, admin: User) -> None:
    staff("admin")
    assert submit(desk, page(admin), {"role": ""}).status_code == 302


def test_members_of_a_partner(desk: Client) -> None:
    partner, person = PartnerFactory.create(), UserFactory.create()
    MemberFactory.create(partner=partner)
    url = reverse("admin:partners_partner_change", args=[partner.pk])
    changes = {"members-TOTAL_FORMS": "2", "members-1-user": str(person.pk), "members-1-role": "reader"}
    assert submit(desk, url, changes).status_code == 302
    assert Member.objects.get(user=person).role == Member.Role.READER
    assert partner.members.count() == 2


def test_controls_of_a_row_have_names(desk: Client) -> None:
    member = MemberFactory.create()
    url = reverse("admin:partners_partner_change", args=[member.partner_id])
    html = desk.get(url).content.decode()
    for label in ("Person", "Role", "Delete"):
        assert f'aria-label="{label}"' in html


@pytest.mark.parametrize(
    ("role", "found"),
    [("admin", ["boss"]), ("viewer", ["viewer"]), ("operator", []), ("none", ["partner"])],
)
def test_list_by_role(desk: Client, admin: User, role: str, found: list[str]) -> None:
    User.objects.filter(pk=admin.pk).update(email="boss@example.com")
    staff("viewer", email="viewer@example.com")
    UserFactory.create(email="partner@example.com")
    html = desk.get("/admin/partners/user/", {"role": role}).text
    listed = [name for name in ("boss", "viewer", "partner") if f">{name}@example.com</a>" in html]
    assert listed == found


def test_list_names_who_cannot_sign_in(desk: Client) -> None:
    UserFactory.create(is_active=False)
    assert "Not active" in desk.get("/admin/partners/user/").text


def test_viewer_is_offered_no_link(sign_in: Callable[[str], Client]) -> None:
    person = UserFactory.create()
    html = sign_in("viewer").get(page(person)).text
    assert "Not set: nobody can sign in" in html
    assert link_page(person) not in html


def test_link_is_sent_from_the_persons_page(desk: Client) -> None:
    person = UserFactory.create(email="new@example.com")
    assert link_page(person) in desk.get(page(person)).text
    assert "has no password yet" in desk.get(link_page(person)).text
    assert desk.post(link_page(person), {"do": "send"}).headers["Location"] == page(person)
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["new@example.com"], "Your login for Leadflip")
    assert "for 3 days" in letter.body


def test_link_is_shown_once(desk: Client, client: Client) -> None:
    person = UserFactory.create()
    assert desk.post(link_page(person), {"do": "show"}).headers["Location"] == reverse("admin:once")
    shown = desk.get(reverse("admin:once")).text
    assert "/account/password/reset/key/" in shown
    assert "/account/password/reset/key/" not in desk.get(reverse("admin:once")).text
    assert mail.outbox == []


def test_link_page_does_nothing_by_a_get(desk: Client) -> None:
    desk.get(link_page(UserFactory.create()), {"do": "send"})
    assert mail.outbox == []


@pytest.mark.parametrize("do", ["send", "show"])
def test_inactive_person_gets_no_link(desk: Client, do: str) -> None:
    person = UserFactory.create(is_active=False)
    assert "is not active" in desk.post(link_page(person), {"do": do}).text
    assert mail.outbox == []


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_only_admins_send_links(sign_in: Callable[[str], Client], role: str) -> None:
    person = UserFactory.create()
    client = sign_in(role)
    assert client.get(link_page(person)).status_code == 403
    assert client.post(link_page(person), {"do": "send"}).status_code == 403
    assert mail.outbox == []


def test_link_says_what_the_mail_server_said(desk: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "delivery.smtp.backend.Backend"
    settings.SMTP_URL, settings.SMTP_FROM = "smtp://127.0.0.1:1", "leads@example.com"
    answer = desk.post(link_page(UserFactory.create()), {"do": "send"})
    assert "The letter was not sent." in answer.text
    assert "127.0.0.1" in answer.text


def test_link_page_says_that_mail_is_not_set_up(desk: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.SMTP_URL = "delivery.smtp.backend.Backend", ""
    html = desk.get(link_page(UserFactory.create())).text
    assert "E-mail is not set up" in html
    assert 'value="send"' not in html
    assert 'value="show"' in html
