"""A new password by a letter: the same answer for all, links that end, and sessions that end with them."""

import time

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from partners.accounts import links
from partners.models import User
from tests.factories import UserFactory
from tests.partners.accounts.steps import ADMIN, ASK, NEW, PORTAL, follow, link_in, sign_in, signed_in, way
from tests.people import PASSWORD, People, make_people


@pytest.fixture
def people(db: None) -> People:
    return make_people()


def letter_to(person: User) -> mail.EmailMessage:
    person.refresh_from_db()
    links.send(person)
    return mail.outbox[-1]


def test_link_sets_a_password_and_leads_to_the_own_door(client: Client, people: People) -> None:
    letter = letter_to(people.owner)
    assert letter.to == ["owner@example.com"]
    page = client.get(link_in(letter), follow=True).text
    assert 'autocomplete="new-password"' in page
    assert 'value="owner@example.com"' in page
    answer = follow(client, link_in(letter))
    assert way(answer) == reverse(PORTAL)
    assert "Your password is set." in client.get(way(answer)).text
    assert way(sign_in(client, PORTAL, "owner@example.com", NEW)) == "/portal/"


def test_staff_is_led_to_the_other_door(client: Client, people: People) -> None:
    assert way(follow(client, link_in(letter_to(people.viewer)))) == reverse(ADMIN)


def test_used_link_is_dead(client: Client, people: People) -> None:
    link = link_in(letter_to(people.owner))
    follow(client, link)
    page = Client().get(link)
    assert "This link no longer works" in page.text
    assert people.owner.email not in page.text


def test_older_links_die_with_the_one_that_is_used(client: Client, people: People) -> None:
    with time_machine.travel("2026-11-24 10:00:00Z") as clock:
        older = link_in(letter_to(people.owner))
        clock.shift(2)
        follow(client, link_in(letter_to(people.owner)))
        assert "no longer works" in client.get(older).text


def test_link_ends_after_an_hour(client: Client, people: People) -> None:
    with time_machine.travel("2026-11-24 10:00:00Z", tick=False) as clock:
        link = link_in(letter_to(people.owner))
        clock.shift(3600)
        assert client.get(link).status_code == 302
        clock.shift(1)
        assert "no longer works" in Client().get(link).text


def test_page_behind_a_link_ends_with_it(client: Client, people: People) -> None:
    with time_machine.travel("2026-11-24 10:00:00Z", tick=False) as clock:
        form = way(client.get(link_in(letter_to(people.owner))))
        clock.shift(3601)
        answer = client.post(form, {"password1": NEW, "password2": NEW})
        assert "no longer works" in answer.text
    people.owner.refresh_from_db()
    assert not people.owner.check_password(NEW)


def test_first_password_has_three_days(client: Client, db: None) -> None:
    person = UserFactory.create(is_staff=True)
    with time_machine.travel("2026-11-24 10:00:00Z", tick=False) as clock:
        letter = letter_to(person)
        assert "for 3 days" in letter.body
        clock.shift(3 * 24 * 3600)
        assert client.get(link_in(letter)).status_code == 302
        clock.shift(1)
        assert "no longer works" in Client().get(link_in(letter)).text


def test_link_dies_when_the_address_changes(client: Client, people: People) -> None:
    link = link_in(letter_to(people.owner))
    people.owner.email = "new@example.com"
    people.owner.save()
    assert "no longer works" in client.get(link).text


def test_link_dies_when_the_login_is_closed(client: Client, people: People) -> None:
    link = link_in(letter_to(people.owner))
    people.owner.is_active = False
    people.owner.save()
    assert "no longer works" in client.get(link).text


@pytest.mark.parametrize(
    "link", ["/account/password/reset/key/1-x/", "/account/password/reset/key/zzzzz-x-y/"]
)
def test_made_up_links_are_dead(client: Client, people: People, link: str) -> None:
    assert "no longer works" in client.get(link).text


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [("short", "short", "too short"), (NEW, "another", "differ"), ("owner@example.com", "", "similar")],
)
def test_password_with_a_fault_stays(
    client: Client, people: People, password: str, again: str, words: str
) -> None:
    answer = follow(client, link_in(letter_to(people.owner)), password, again)
    assert words in answer.text
    assert f'value="{password}"' not in answer.text.replace('name="username" value', "")
    people.owner.refresh_from_db()
    assert people.owner.check_password(PASSWORD)


def test_new_password_ends_every_session(client: Client, people: People) -> None:
    sign_in(client, PORTAL, "owner@example.com")
    follow(Client(), link_in(letter_to(people.owner)))
    assert client.get(reverse("portal:feed")).status_code == 302


def test_link_of_another_person_signs_the_present_one_out(client: Client, people: People) -> None:
    sign_in(client, PORTAL, "owner@example.com")
    client.get(link_in(letter_to(people.viewer)), follow=True)
    assert not signed_in(client)


def test_new_password_lifts_the_lock_out(client: Client, people: People) -> None:
    for _ in range(5):
        sign_in(client, PORTAL, "owner@example.com", "wrong")
    assert "Too many wrong attempts" in sign_in(client, PORTAL, "owner@example.com").text
    follow(client, link_in(letter_to(people.owner)))
    assert way(sign_in(client, PORTAL, "owner@example.com", NEW)) == "/portal/"


def test_link_names_our_own_address_whatever_the_host_header_says(people: People, settings: Settings) -> None:
    settings.BASE_URL = "https://leads.example.com/"
    assert "https://leads.example.com/account/password/reset/key/" in letter_to(people.owner).body


def test_no_link_in_the_log(
    client: Client, people: People, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    link = link_in(letter_to(people.owner))
    follow(client, link)
    client.get(link)
    logged = "".join(capfd.readouterr()) + caplog.text
    assert "/account/password/reset/key/" in logged
    assert link.strip("/").split("-", 1)[1] not in logged


def test_no_mail_set_up_is_said_plainly(client: Client, people: People, settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.SMTP_URL = "delivery.smtp.backend.Backend", ""
    asked = client.get(reverse(ASK))
    assert "E-mail is not set up here" in asked.text
    for email in ("owner@example.com", "nobody@example.com"):
        answer = client.post(reverse(ASK), {"email": email})
        assert answer.status_code == 200
        assert "E-mail is not set up here" in answer.text


def test_address_with_a_fault_is_told(client: Client, people: People) -> None:
    answer = client.post(reverse(ASK), {"email": "owner"})
    assert "Write the whole address" in answer.text
    assert "<title>Error:" in answer.text


# The letter is written in a thread, which sees only what is committed.
@pytest.mark.django_db(transaction=True)
def test_asking_says_the_same_to_all(client: Client) -> None:
    UserFactory.create(email="ana@example.com", password=PASSWORD)
    UserFactory.create(email="closed@example.com", password=PASSWORD, is_active=False)
    pages = set()
    for email in ("nobody@example.com", "closed@example.com", " Ana@Example.com "):
        answer = client.post(reverse(ASK), {"email": email, "door": "portal"})
        assert way(answer) == "/account/password/reset/done/?door=portal"
        pages.add(client.get(way(answer)).text)
    assert len(pages) == 1
    wait_for_letters()
    assert [letter.to for letter in mail.outbox] == [["ana@example.com"]]


@pytest.mark.django_db(transaction=True)
def test_letter_that_cannot_be_sent_is_logged_without_address(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "delivery.smtp.backend.Backend"
    settings.SMTP_URL, settings.SMTP_FROM = "smtp://127.0.0.1:1", "leads@example.com"
    UserFactory.create(email="ana@example.com", password=PASSWORD)
    links.send_later("ana@example.com").result(20)
    assert "password_link_not_sent" in caplog.text
    assert "ana@example.com" not in caplog.text


def wait_for_letters() -> None:
    end = time.monotonic() + 10
    while not mail.outbox and time.monotonic() < end:
        time.sleep(0.01)
    links.send_later("").result(10)
