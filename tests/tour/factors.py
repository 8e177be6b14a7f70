"""Second factors: somebody with an app, and somebody with passkeys as well."""

from collections.abc import Callable
from datetime import timedelta

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from leadflip.kit import clock
from partners.models import User
from tests.authenticator import passkey_of
from tests.factories import UserFactory
from tests.people import PASSWORD
from tests.tour.scene import Scene

CAREFUL, KEEPER = "careful@example.com", "keeper@example.com"


def scenes() -> list[Scene]:
    """Made when they are asked for."""
    _people()
    door = reverse("account_login")
    return [
        Scene("second-factor-code", door, "nobody", _first_step(CAREFUL)),
        Scene("second-factor-passkey", door, "nobody", _first_step(KEEPER)),
        Scene("second-factor", reverse("mfa_index"), "keeper", _enter),
        Scene("second-factor-set-up", reverse("mfa_activate_totp"), "operator"),
        Scene("passkey-add", reverse("mfa_add_webauthn"), "operator"),
        Scene("passkey-remove", reverse("mfa_index"), "keeper", _remove),
    ]


def _people() -> None:
    for email, name in ((CAREFUL, "Careful viewer"), (KEEPER, "Keeper of keys")):
        person = UserFactory.create(email=email, name=name, is_staff=True, password=PASSWORD)
        TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)
    passkey_of(person, "Blue security key")
    used = passkey_of(person, "Phone")
    used.last_used_at = clock.now() - timedelta(hours=3)
    used.save()


def _first_step(email: str) -> Callable[[Page], None]:
    """Signs in as somebody whose second factor is on, up to the page that asks for it."""

    def act(page: Page) -> None:
        # Who is half way in does not come to the door again.
        page.context.clear_cookies()
        page.goto(_address(page, "account_login"))
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_label("code").wait_for()

    return act


def _enter(page: Page) -> None:
    """As the keeper, whose keys no browser here has."""
    client = Client()
    client.force_login(User.objects.get(email=KEEPER))
    name = settings.SESSION_COOKIE_NAME
    value = str(client.cookies[name].value)
    page.context.add_cookies([{"name": name, "value": value, "url": _address(page, "start")}])
    page.goto(_address(page, "mfa_index"))


def _remove(page: Page) -> None:
    _enter(page)
    page.get_by_role("listitem").filter(has_text="Phone").get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove the passkey").click()
    page.get_by_role("alert").wait_for()


def _address(page: Page, name: str) -> str:
    return page.url.split("/account/")[0] + reverse(name)
