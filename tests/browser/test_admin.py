"""The admin in a browser: only the chosen method's fields show, and every page by axe."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from distribution.models import Assignment, Lead
from distribution.services import save_profile
from partners.models import Partner, User
from tests.browser.barriers import no_barriers
from tests.browser.conftest import Opener
from tests.factories import (
    AssignmentFactory,
    DecisionFactory,
    DeliverySettingsFactory,
    EntityFactory,
    JobFactory,
    LeadFactory,
    MemberFactory,
    PartnerFactory,
    UserFactory,
    make_fields,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass
class House:
    """A partner in a profile, and a lead that reached it."""

    admin: User
    partner: Partner
    assignment: Assignment
    lead: Lead


@pytest.fixture
def house(live_server: LiveServer) -> House:
    entity = EntityFactory.create(name="Solar lead", slug="solar-lead", display_field="name")
    make_fields(entity, name="text", address="address", iban={"type": "text", "encrypted": True})
    partner = PartnerFactory.create(name="Acme Solar")
    partner.default_settings = DeliverySettingsFactory.create(partner=partner)
    partner.save()
    MemberFactory.create(partner=partner)
    assignment = AssignmentFactory.create(partner=partner, profile__entity=entity, settings=None)
    save_profile(profile=assignment.profile, by=None)
    values = {"name": "Ana Ánderson-with-a-long-name-that-has-no-space-in-it", "address": {"city": "Berlin"}}
    lead = LeadFactory.create(entity=entity, values=values, hidden={"iban": "DE02"})
    DecisionFactory.create(lead=lead, profile=assignment.profile, verdicts=[["chosen"]])
    JobFactory.create(lead=lead, assignment=assignment, settings=partner.default_settings, failed=True)
    return House(UserFactory.create(admin=True), partner, assignment, lead)


def enter(page: Page, live_server: LiveServer, user: User) -> None:
    """Signs in without the form, whose password takes its time."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def test_only_the_chosen_methods_fields_show(
    open_page: Opener, live_server: LiveServer, house: House
) -> None:
    page = open_page()
    enter(page, live_server, house.admin)
    page.goto(live_server.url + reverse("admin:partners_partner_change", args=[house.partner.pk]))
    url, recipients = page.get_by_label("URL"), page.get_by_label("Recipients")
    subject, ticks = (
        page.get_by_label("Subject template"),
        page.get_by_role("group", name="Solar lead: Fields"),
    )
    expect(url).to_be_visible()
    for hidden in (recipients, subject, ticks):
        expect(hidden).to_be_hidden()

    url.fill("https://typed.example.com/")
    page.get_by_role("radio", name="Email").check()
    expect(url).to_be_hidden()
    for shown in (recipients, subject):
        expect(shown).to_be_visible()
    page.get_by_label("Only these").check()
    ticks.get_by_label("Address: City").check()
    page.get_by_role("radio", name="Webhook").check()
    expect(url).to_have_value("https://typed.example.com/")
    expect(subject).to_be_hidden()
    expect(ticks).to_be_visible()

    page.get_by_role("radio", name="Email").check()
    recipients.fill("leads@example.com")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_role("status")).to_contain_text("was changed")
    expect(ticks.get_by_label("Address: City")).to_be_checked()
    expect(url).to_have_value("https://crm.example.com/leads")


def test_member_is_found_by_typing(open_page: Opener, live_server: LiveServer, house: House) -> None:
    person = UserFactory.create(name="Zoe Zimmer")
    page = open_page()
    enter(page, live_server, house.admin)
    page.goto(live_server.url + reverse("admin:partners_partner_change", args=[house.partner.pk]))
    page.get_by_text("Add another Portal login").click()
    page.get_by_role("combobox", name="Person").last.click()
    page.keyboard.type("Zimm")
    page.get_by_role("option", name="Zoe Zimmer").click()
    expect(page.locator(".select2-selection__rendered", has_text="Zoe Zimmer")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("was changed")
    assert house.partner.members.filter(user=person).exists()


def test_new_key_is_shown_and_gone_after_a_reload(
    open_page: Opener, live_server: LiveServer, house: House
) -> None:
    page = open_page(390)
    enter(page, live_server, house.admin)
    page.goto(live_server.url + reverse("admin:distribution_apikey_add"))
    page.get_by_label("Name").fill("Landing page")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("code.secret")).to_contain_text("lf_")
    page.reload()
    expect(page.get_by_text("make a new one")).to_be_visible()


def pages(page: Page, live_server: LiveServer, house: House) -> Iterator[str]:
    """Opens one page or state after another, naming each."""

    def go(path: str) -> str:
        page.goto(live_server.url + path)
        return path

    yield go(reverse("admin:login"))
    enter(page, live_server, house.admin)
    yield go(reverse("admin:index"))
    for model in ("partners_partner", "partners_user", "distribution_profile", "distribution_lead"):
        yield go(reverse(f"admin:{model}_changelist"))
    for model in ("partners_user", "partners_retrypolicy", "delivery_smtpaccount", "distribution_apikey"):
        yield go(reverse(f"admin:{model}_add"))
    yield go(reverse("admin:partners_partner_change", args=[house.partner.pk]))
    page.get_by_text("Add another Portal login").click()
    page.get_by_label("Only these").check()
    page.get_by_label("URL").fill("nonsense")
    yield "partner with one more row"
    page.get_by_role("button", name="Save", exact=True).click()
    yield "partner with errors"
    page.get_by_role("button", name="Send test lead").click()
    expect(page.locator("#trial")).to_contain_text("Mend this first")
    yield "partner whose test was not sent"
    page.get_by_role("radio", name="Email").check()
    page.get_by_label("Recipients").fill("leads@example.com")
    page.get_by_label("HTML").check()
    expect(page.frame_locator("iframe.letter").get_by_text("New lead: solar-lead")).to_be_visible()
    page.get_by_role("button", name="Send test lead").click()
    expect(page.locator("#trial")).to_contain_text("Waits for a worker.")
    yield "partner with a preview and a test under way"
    yield go(reverse("delivery:trial", args=[JobFactory.create(test=True, failed=True).pk]))
    yield go(reverse("admin:distribution_assignment_change", args=[house.assignment.pk]))
    yield go(reverse("admin:distribution_profile_change", args=[house.assignment.profile_id]))
    yield go(reverse("admin:distribution_entity_change", args=[house.lead.entity_id]))
    page.get_by_text("Add another Field").click()
    page.get_by_role("button", name="Save", exact=True).click()
    yield "entity saved with an empty row"
    yield go(reverse("admin:distribution_lead_change", args=[house.lead.pk]))
    yield go(reverse("admin:once"))


def test_pages_have_no_barrier(open_page: Opener, live_server: LiveServer, house: House) -> None:
    page = open_page()
    no_barriers(page, pages(page, live_server, house))
