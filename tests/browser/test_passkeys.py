"""A passkey in a browser, with the device that Chromium plays: added, signed in with, removed."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Opener
from tests.browser.test_accounts import sign_in
from tests.factories import UserFactory
from tests.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def plug_in(page: Page) -> None:
    """A device of this page's browser, whose owner touches it at once."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True}
    options = {**kind, "isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_signs_in_and_goes(open_page: Opener, live_server: LiveServer) -> None:
    boss = UserFactory.create(email="boss@example.com", is_staff=True, password=PASSWORD)
    boss.groups.add(Group.objects.get(name="admin"))
    page = open_page()
    plug_in(page)
    site = f"http://localhost:{live_server.thread.port}"
    page.goto(site + reverse("mfa_add_webauthn"))
    sign_in(page, boss.email)
    page.get_by_label("Name").fill("Blue key")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("Your device has made the passkey.")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="The second factor is on")).to_be_visible()
    page.goto(site + reverse("mfa_add_webauthn"))
    page.get_by_label("Name").fill("Once more")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("This device has a passkey here already.")
    page.context.clear_cookies()
    page.goto(site + reverse("account_login"))
    sign_in(page, boss.email)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(site + reverse("dashboard"))
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("listitem").filter(has_text="Blue key").get_by_role("link", name="Remove").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("The second factor is off.")
    assert not Authenticator.objects.exists()
