"""From an empty installation by its set-up to an entity whose fields somebody put in order."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from distribution.models import Entity
from tests.browser.barriers import no_barriers
from tests.browser.conftest import Opener
from tests.browser.test_admin import enter
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DO_ENTITY = re.compile("Do this.*Entity")


def test_from_nothing_to_an_entity_in_order(open_page: Opener, live_server: LiveServer) -> None:
    page = open_page()
    page.set_default_timeout(4000)
    enter(page, live_server, UserFactory.create(admin=True))
    page.goto(live_server.url + reverse("admin:index"))
    no_barriers(page, ["empty dashboard"])
    page.get_by_role("link", name=DO_ENTITY).click()
    page.get_by_role("link", name="Solar lead").click()
    page.get_by_role("button", name="Move up: Last name").press("Enter")
    expect(page.get_by_role("button", name="Move up: Last name")).to_be_focused()
    expect(page.locator("order-rows")).to_have_text("Last name is number 1 of 9 now. Save to keep it.")
    row, first = (page.locator(f'tr:has([name$="-key"][value="{key}"])') for key in ("phone", "last_name"))
    row.locator(".grip").drag_to(first, target_position={"x": 9, "y": 2})
    expect(page.locator("order-rows")).to_have_text("Phone is number 1 of 9 now. Save to keep it.")
    no_barriers(page, ["new entity"])
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    keys = Entity.objects.get().fields.values_list("key", flat=True)
    assert list(keys)[:4] == ["phone", "last_name", "first_name", "email"]
    page.goto(live_server.url + reverse("admin:index"))
    expect(page.get_by_role("link", name=DO_ENTITY)).to_have_count(0)
