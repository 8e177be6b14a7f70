"""Rules built by keys alone: two alternatives, what they mean, how many leads they match, found again."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from distribution.models import CapUse, Profile
from distribution.services import save_profile
from leadflip.kit import clock
from tests.browser.barriers import no_barriers
from tests.browser.conftest import Opener
from tests.browser.test_admin import enter
from tests.browser.test_partner_setup import tab_to
from tests.factories import (
    AssignmentFactory,
    EntityFactory,
    LeadFactory,
    ProfileFactory,
    UserFactory,
    make_fields,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "Roof is “Flat”; or Address postcode starts with “8” and Budget is between 1000 and 2000."


@pytest.fixture
def profile(live_server: LiveServer) -> Profile:
    """Without rules; 3 leads, of which the rules of WORDS match 2."""
    entity = EntityFactory.create(name="Solar lead")
    select = {"type": "select", "options": ["Flat", "Gable"]}
    make_fields(entity, roof=select, address="address", budget="number", iban={"encrypted": True})
    for roof, postcode in (("Flat", "10115"), ("Gable", "80331"), ("Gable", "10115")):
        values = {"roof": roof, "address": {"postcode": postcode}, "budget": 1500}
        LeadFactory.create(entity=entity, values=values)
    row = AssignmentFactory.create(profile__entity=entity, cap_day=5, partner__name="Acme Solar")
    today = clock.now().date()
    CapUse.objects.create(assignment=row, day=today, week=today, month=today, day_used=5)
    save_profile(profile=row.profile, by=None)
    return row.profile


def change(live_server: LiveServer, profile: Profile) -> str:
    return live_server.url + reverse("admin:distribution_profile_change", args=[profile.pk])


def focus(page: Page, control: str) -> None:
    """Waits until the part of the page that an answer brought has the focus where one goes on."""
    expect(page.locator(f"#id_rules-{control}")).to_be_focused()


def choose(page: Page, typed: str, chosen: str, then: str) -> None:
    """Types into the select that has the focus; `then`: the control that comes with the answer."""
    with page.expect_response(lambda answer: answer.url.endswith("/rules/")):
        page.keyboard.type(typed)
    expect(page.locator(f"#id_rules-{then}")).to_be_attached()
    assert page.evaluate("document.activeElement.selectedOptions[0].text") == chosen


def test_two_alternatives_by_keyboard_alone(
    open_page: Opener, live_server: LiveServer, profile: Profile
) -> None:
    page = open_page()
    enter(page, live_server, UserFactory.create(admin=True))
    page.goto(change(live_server, profile))
    said = page.locator("#rules-said")
    expect(said).to_contain_text("Every lead matches.")
    tab_to(page, "Add condition")
    page.keyboard.press("Enter")
    focus(page, "0-0-field")
    choose(page, "Ro", "Roof", "0-0-value-0")
    expect(said).to_contain_text("Complete each condition")
    tab_to(page, "Operator")
    tab_to(page, "Value")
    page.keyboard.type("Fl")
    expect(said).to_contain_text("Roof is “Flat”.")
    expect(said).to_contain_text("Matches 1 of 3 leads")

    tab_to(page, "Add alternative")
    page.keyboard.press("Space")
    focus(page, "1-0-field")
    choose(page, "Address p", "Address postcode", "1-0-value-0")
    tab_to(page, "Operator")
    choose(page, "starts", "starts with", "1-0-value-0")
    tab_to(page, "Value")
    page.keyboard.type("8")
    tab_to(page, "Remove condition 1")
    tab_to(page, "Add condition to alternative 2")
    page.keyboard.press("Enter")
    focus(page, "1-1-field")
    choose(page, "Bu", "Budget", "1-1-value-0")
    tab_to(page, "Operator")
    choose(page, "is b", "is between", "1-1-value-1")
    tab_to(page, "From")
    page.keyboard.type("1000")
    tab_to(page, "To")
    page.keyboard.type("2000")
    expect(said).to_contain_text(WORDS)
    expect(said).to_contain_text("Matches 2 of 3 leads")

    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("was changed")
    profile.refresh_from_db()
    assert profile.version == 2
    assert profile.rules[1] == [
        {"field": "address.postcode", "op": "starts_with", "value": "8"},
        {"field": "budget", "op": "between", "value": [1000, 2000]},
    ]
    page.goto(change(live_server, profile))
    expect(page.locator("#rules-said")).to_contain_text(WORDS)
    expect(page.get_by_label("Value").first).to_have_value("Flat")
    tab_to(page, "Remove condition 1 of alternative 1")
    page.keyboard.press("Enter")
    expect(page.locator("#rules-said")).to_contain_text("Address postcode starts with “8” and Budget")
    focus(page, "0-0-field")


def states(page: Page, live_server: LiveServer, profile: Profile) -> Iterator[str]:
    """Brings the pages into one state after another, naming each."""
    page.goto(change(live_server, profile))
    yield "profile"
    page.get_by_label("Round robin").check()
    page.get_by_role("button", name="Add condition").click()
    focus(page, "0-0-field")
    page.get_by_label("Field", exact=True).select_option("roof")
    page.get_by_label("Operator").select_option("in_list")
    expect(page.get_by_role("group", name="Values")).to_be_visible()
    yield "a condition with ticks"
    page.get_by_role("button", name="Add alternative").click()
    focus(page, "1-0-field")
    page.get_by_label("Field", exact=True).last.select_option("budget")
    expect(page.get_by_label("Value", exact=True)).to_be_visible()
    Profile.objects.filter(pk=profile.pk).update(name="Another's")
    save_profile(profile=profile, by=None)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Tick at least one option.")).to_be_visible()
    expect(page.get_by_role("heading", name="while this page was open")).to_be_visible()
    yield "errors, and another's version"
    row = profile.assignments.get()
    page.goto(live_server.url + reverse("admin:distribution_assignment_change", args=[row.pk]))
    expect(page.get_by_text("5 of 5 today")).to_be_visible()
    yield "partner in the profile"
    empty = ProfileFactory.create(entity=profile.entity)
    page.goto(change(live_server, empty))
    expect(page.get_by_text("go nowhere by this profile yet")).to_be_visible()
    yield "profile without partners"


def test_no_barrier_in_any_state(open_page: Opener, live_server: LiveServer, profile: Profile) -> None:
    page = open_page()
    enter(page, live_server, UserFactory.create(admin=True))
    no_barriers(page, states(page, live_server, profile))
