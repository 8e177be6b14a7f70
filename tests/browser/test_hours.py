"""Open hours by keys alone: a slip is told with the way to mend it, and the mended hours are in force."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from distribution.services import save_profile
from tests.browser.barriers import no_barriers
from tests.browser.conftest import Opener
from tests.browser.test_admin import enter
from tests.browser.test_partner_setup import tab_to
from tests.factories import AssignmentFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_hours_are_typed_refused_and_mended_by_keyboard(open_page: Opener, live_server: LiveServer) -> None:
    row = AssignmentFactory.create(partner__zone="Europe/Berlin")
    save_profile(profile=row.profile, by=None)
    page = open_page()
    enter(page, live_server, UserFactory.create(admin=True))
    page.goto(live_server.url + reverse("admin:distribution_assignment_change", args=[row.pk]))
    expect(page.locator(".open-now")).to_have_text("Always open.")
    page.locator("#id_hours_mon").focus()
    page.keyboard.type("9-12:30, 13:30-17")
    page.keyboard.press("Tab")
    page.keyboard.type("22-6")
    page.keyboard.press("Enter")
    told = page.locator("#id_hours_tue_error")
    expect(told).to_contain_text("Write 22:00–24:00 here, and 00:00–06:00 on Wednesday.")
    expect(page.locator("#id_hours_tue")).to_have_attribute("aria-invalid", "true")
    no_barriers(page, ["hours refused"])
    page.locator("#id_hours_tue").fill("22-24")
    tab_to(page, "Wednesday")
    page.keyboard.type("0-6")
    tab_to(page, "While closed")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.locator(".success")).to_be_visible()
    row.refresh_from_db()
    assert (row.closed, row.hours) == (
        "hold",
        {
            "mon": [["09:00", "12:30"], ["13:30", "17:00"]],
            "tue": [["22:00", "24:00"]],
            "wed": [["00:00", "06:00"]],
        },
    )
