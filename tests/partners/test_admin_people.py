"""People: own forms, roles, and no password on any page."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from partners.models import Member, User
from tests.factories import MemberFactory, PartnerFactory, UserFactory
from tests.forms import errors, submit

ADD = "/admin/partners/user/add/"
PASSWORD = "correct horse 42 battery"


def page(person: User) -> str:
    return reverse("admin:partners_user_change", args=[person.pk])


def test_add_makes_one_who_can_sign_in(desk: Client) -> None:
    answer = submit(
        desk,
        ADD,
        {
            "email": "New.One@Example.com",
            "name": "Núria O’Neil",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )
    person = User.objects.get(email="new.one@example.com")
    assert answer.headers["Location"] == page(person)
    assert (person.name, person.is_staff, person.check_password(PASSWORD)) == ("Núria O’Neil", False, True)


def test_add_refuses_a_weak_password_and_keeps_the_rest(desk: Client) -> None:
    answer = submit(desk, ADD, {"email": "a@example.com", "password1": "12345", "password2": "12345"})
    assert "too short" in errors(answer)
    html = answer.content.decode()
    assert 'value="a@example.com"' in html
    assert 'value="12345"' not in html


def test_the_same_address_in_capitals_is_refused(desk: Client) -> None:
    UserFactory.create(email="ana@example.com")
    changes = {"email": "ANA@example.com", "password1": PASSWORD, "password2": PASSWORD}
    assert "already exists" in errors(submit(desk, ADD, changes))


def test_change_gives_a_role(desk: Client) -> None:
    person = UserFactory.create()
    operator = Group.objects.get(name="operator")
    changes = {"is_staff": "on", "groups": [str(operator.pk)], "zone": "Europe/Berlin"}
    assert submit(desk, page(person), changes).status_code == 302
    person.refresh_from_db()
    assert person.is_staff
    assert list(person.groups.all()) == [operator]
    assert person.zone == "Europe/Berlin"


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


def test_superuser_flag_cannot_be_posted(desk: Client) -> None:
    person = UserFactory.create()
    submit(desk, page(person), {"is_superuser": "on", "user_permissions": ["1"]})
    person.refresh_from_db()
    assert not person.is_superuser
    assert not person.user_permissions.exists()


@pytest.mark.parametrize("change", [{"is_active": None}, {"is_staff": None}])
def test_last_admin_stays(desk: Client, admin: User, change: dict[str, None]) -> None:
    assert "last admin" in errors(submit(desk, page(admin), change))
    assert desk.post(page(admin).replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_admin_may_go_once_there_is_another(desk: Client, admin: User) -> None:
    other = UserFactory.create(is_staff=True)
    other.groups.add(Group.objects.get(name="admin"))
    assert submit(desk, page(admin), {"is_staff": None}).status_code == 302


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
