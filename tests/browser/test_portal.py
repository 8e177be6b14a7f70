"""The portal in a browser: by keyboard, by two people at once, and every page by axe."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from partners.models import User
from portal.models import Entry
from tests.browser.barriers import BEST, no_barriers
from tests.browser.conftest import Opener
from tests.factories import DeliverySettingsFactory, EntityFactory, EntryFactory, LeadFactory, make_fields
from tests.people import People, make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(live_server: LiveServer) -> People:
    return make_people()


@pytest.fixture
def entries(people: People) -> list[Entry]:
    """Two leads that wait, one accepted, one rejected."""
    entity = EntityFactory.create(name="Solar lead", slug="solar-lead", display_field="name")
    make_fields(entity, name="text", phone="phone", email="email", website="url", address="address")
    lane = DeliverySettingsFactory.create(partner=people.partner, kind="portal")
    answered = {"answered_by": people.colleague, "answered_at": timezone.now()}
    reviews = [
        {},
        {},
        {"review": "accepted", **answered},
        {"review": "rejected", "reason": "no_fit", **answered},
    ]
    return [
        EntryFactory.create(
            partner=people.partner,
            settings=lane,
            lead=LeadFactory.create(entity=entity, values=_values(number)),
            **review,
        )
        for number, review in enumerate(reviews)
    ]


def _values(number: int) -> dict[str, object]:
    return {
        "name": f"Lead number {number}",
        "phone": f"+4930123456{number}",
        "email": "a-rather-long-address-that-has-no-space@leads.example.com",
        "website": "https://www.example.com/",
        "address": {"street": "Musterstraße", "postcode": "10115", "city": "Berlin"},
    }


def enter(page: Page, live_server: LiveServer, user: User) -> None:
    """Signs in without the form, whose password takes its time."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def test_portal_works_by_keyboard_alone(
    open_page: Opener, live_server: LiveServer, people: People, entries: list[Entry]
) -> None:
    page = open_page()
    enter(page, live_server, people.owner)
    page.goto(live_server.url + reverse("portal:lead", args=[entries[0].id]))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Accept lead":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Lead accepted.")


def test_colleagues_answer_at_once_by_key_and_by_tap(
    open_page: Opener, live_server: LiveServer, people: People, entries: list[Entry]
) -> None:
    feed = live_server.url + reverse("portal:feed")
    mine, theirs = open_page(), open_page(390)
    enter(mine, live_server, people.owner)
    mine.goto(feed)
    enter(theirs, live_server, people.colleague)
    theirs.goto(feed)
    # Newest first: the colleague taps the lead that the owner then takes by key.
    theirs.get_by_role("button", name="Accept Lead number 1").click()
    expect(theirs.get_by_text("1 lead accepted.")).to_be_visible()
    mine.keyboard.press("j")
    expect(mine.get_by_role("link", name="Lead number 1")).to_be_focused()
    mine.keyboard.press("a")
    expect(mine.get_by_role("heading", name="Not changed: answered meanwhile, or too late")).to_be_visible()
    expect(mine.get_by_text("Accepted · Colleague")).to_be_visible()
    # The focus is in the row that took the place.
    expect(mine.get_by_role("link", name="Lead number 0")).to_be_focused()
    mine.keyboard.press("r")
    expect(mine.get_by_label("Reason")).to_be_focused()
    mine.get_by_label("Reason").select_option(label="Outside our area")
    mine.get_by_label("Note").press_sequentially("a j ?")
    mine.get_by_role("button", name="Reject selected", exact=True).click()
    expect(mine.get_by_text("1 lead rejected.")).to_be_visible()
    assert [(entry.review, entry.note) for entry in Entry.objects.order_by("id")[:2]] == [
        ("rejected", "a j ?"),
        ("accepted", ""),
    ]
    mine.get_by_role("button", name="Undo").click()
    expect(mine.get_by_role("link", name="Lead number 0")).to_be_visible()


def test_errors_take_the_focus(open_page: Opener, live_server: LiveServer, people: People) -> None:
    page = open_page()
    page.goto(live_server.url + reverse("portal:login"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="E-mail: Write your e-mail address.").click()
    expect(page.get_by_label("E-mail")).to_be_focused()


def pages(page: Page, live_server: LiveServer, people: People, entries: list[Entry]) -> Iterator[str]:
    """Opens one page or state after another, naming each."""

    def go(path: str) -> str:
        page.goto(live_server.url + path)
        return path

    yield go(reverse("portal:login"))
    page.get_by_role("button", name="Sign in").click()
    yield "sign-in with errors"
    enter(page, live_server, people.owner)
    for review in Entry.Review.values:
        yield go(f"{reverse('portal:feed')}?review={review}")
    for entry in entries[1:]:
        yield go(reverse("portal:lead", args=[entry.id]))
    go(reverse("portal:lead", args=[entries[0].id]))
    page.get_by_text("Reject…").click()
    page.get_by_role("button", name="Reject lead").click()
    yield "rejection with errors"
    for name in ("csv", "activity", "account", "password"):
        yield go(reverse(f"portal:{name}"))
    yield go(f"{reverse('portal:csv_file')}?start=2026-11-24&end=2026-11-23")
    yield go("/portal/nothing/")
    enter(page, live_server, people.stranger)
    for name in ("feed", "csv", "activity"):
        yield go(reverse(f"portal:{name}"))


def test_pages_have_no_barrier(
    open_page: Opener, live_server: LiveServer, people: People, entries: list[Entry]
) -> None:
    page = open_page()
    no_barriers(page, pages(page, live_server, people, entries), BEST)
