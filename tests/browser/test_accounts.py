"""The doors in a browser: passwords shown and hidden, without JavaScript, ended sessions, and axe."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from partners.accounts import links
from partners.models import RetryPolicy
from tests.browser.barriers import BEST, no_barriers
from tests.browser.conftest import Opener
from tests.browser.test_portal import enter
from tests.factories import UserFactory
from tests.people import PASSWORD, People, make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(live_server: LiveServer, settings: Settings) -> People:
    settings.BASE_URL = live_server.url
    boss = UserFactory.create(email="boss@example.com", is_staff=True, password=PASSWORD)
    boss.groups.add(Group.objects.get(name="admin"))
    return make_people()


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_password_is_shown_on_demand_and_never_sent_as_text(
    open_page: Opener, live_server: LiveServer, people: People
) -> None:
    page = open_page(390)
    page.goto(live_server.url + reverse("portal:login"))
    password = page.get_by_label("Password", exact=True)
    page.get_by_role("button", name="Show: Password").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide: Password").click()
    expect(password).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show: Password").click()
    page.evaluate("document.forms[0].addEventListener('submit', e => e.preventDefault())")
    page.get_by_role("button", name="Sign in").click()
    expect(password).to_have_attribute("type", "password")


def test_sign_in_and_a_new_password_need_no_javascript(
    chromium: Browser, live_server: LiveServer, people: People
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(links.link(people.owner))
    expect(page.get_by_role("button", name="Show: New password")).to_have_count(0)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password, once more").fill(PASSWORD)
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is set.")
    sign_in(page, "owner@example.com")
    expect(page.get_by_role("heading", name="Leads", exact=True)).to_be_visible()
    context.close()


def test_typed_text_is_there_after_an_ended_session(
    open_page: Opener, live_server: LiveServer, people: People
) -> None:
    page = open_page()
    page.goto(live_server.url + reverse("admin:partners_retrypolicy_add"))
    sign_in(page, "boss@example.com")
    page.get_by_label("Name").fill("Patient partner")
    page.get_by_label("Waits").fill("5, 30")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("what you typed is still there")).to_be_visible()
    sign_in(page, "boss@example.com")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("status")).to_contain_text("was added")
    assert RetryPolicy.objects.get().name == "Patient partner"


def pages(page: Page, live_server: LiveServer, people: People) -> Iterator[str]:
    """Opens one page or state after another, naming each."""

    def go(path: str) -> str:
        page.goto(live_server.url + path)
        return path

    invited = UserFactory.create(email="new@example.com")
    for path in ("/account/login/", "/account/password/reset/", "/account/password/reset/done/"):
        yield go(path)
    page.goto(links.link(invited))
    yield "first password"
    page.get_by_role("button", name="Save password").click()
    yield "first password with errors"
    yield go("/account/password/reset/key/1-x/")
    go("/portal/login/")
    sign_in(page, "boss@example.com")
    yield "wrong door"
    enter(page, live_server, people.owner)
    yield go("/portal/account/password/")
    yield go("/account/kept/nothing/")
    yield go("/admin/")
    enter(page, live_server, people.viewer)
    yield go("/admin/partners/user/add/")
    page.context.clear_cookies()
    go("/account/login/")
    sign_in(page, "boss@example.com")
    yield go("/admin/password_change/")
    page.get_by_role("button", name="Change password").click()
    yield "password of the staff with errors"
    yield go(reverse("admin:partners_user_link", args=[invited.pk]))


def test_pages_have_no_barrier(open_page: Opener, live_server: LiveServer, people: People) -> None:
    page = open_page()
    no_barriers(page, pages(page, live_server, people), BEST)
