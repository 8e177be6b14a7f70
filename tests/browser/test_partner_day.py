"""A partner's whole day in a browser, and an invited person's first lead."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from partners.accounts import links
from partners.models import DeliverySettings
from portal.models import Entry, EntryEvent
from tests.browser.barriers import BEST, judged
from tests.browser.conftest import Opener
from tests.browser.test_portal import enter
from tests.factories import DeliverySettingsFactory, EntityFactory, EntryFactory, LeadFactory, make_fields
from tests.people import PASSWORD, People, make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = ("Ana Berg", "Ben Cole", "Cleo Diaz", "Dan Ende", "Eva Falk")
UNTICKED = ("eva.falk@example.com", "Hidden Lane", "DE02120300000000202051")
NEW = "a longer new passphrase"


@pytest.fixture
def people(live_server: LiveServer, settings: Settings) -> People:
    settings.BASE_URL = live_server.url
    made = make_people()
    made.partner.return_days = 14
    made.partner.save()
    return made


@pytest.fixture
def lane(people: People) -> DeliverySettings:
    """Name, phone and city are ticked; the e-mail address, the street and the encrypted IBAN are not."""
    entity = EntityFactory.create(name="Solar lead", slug="solar-lead", display_field="name")
    make_fields(entity, name="text", phone="phone", email="email", address="address")
    make_fields(entity, iban={"type": "text", "encrypted": True})
    return DeliverySettingsFactory.create(
        partner=people.partner,
        kind="portal",
        scope="subset",
        everything=False,
        per_entity={str(entity.pk): {"ticks": ["name", "phone", "address.city"]}},
    )


def arrives(lane: DeliverySettings, name: str) -> Entry:
    (entity_id,) = lane.per_entity
    values = {
        "name": name,
        "phone": "+4930123456",
        "email": f"{name.lower().replace(' ', '.')}@example.com",
        "address": {"street": "Hidden Lane", "city": "Berlin"},
    }
    lead = LeadFactory.create(entity_id=int(entity_id), values=values, hidden={"iban": UNTICKED[2]})
    return EntryFactory.create(partner=lane.partner, settings=lane, lead=lead)


class Visit:
    """One person's page; `is_judged` looks at it by axe, too."""

    def __init__(self, page: Page, live_server: LiveServer) -> None:
        self.page, self._site = page, live_server.url

    def go(self, name: str) -> None:
        self.page.goto(self._site + reverse(name))

    def sign_in(self, email: str, password: str) -> None:
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.press("Sign in")
        expect(self.page.get_by_role("heading", name="Leads", exact=True)).to_be_visible()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def is_judged(self, *texts: str) -> None:
        self.sees(*texts)
        found = judged(self.page, BEST)
        assert not found.violations_count, found.generate_report()

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.get_by_role("main")).to_contain_text(text)
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for value in UNTICKED:
            assert value not in self.page.content()

    def refuse(self, fold: str, reason: str, verb: str) -> None:
        self.page.get_by_text(fold, exact=True).click()
        self.page.get_by_label("Reason").select_option(label=reason)
        self.page.get_by_label("Note").fill("Two calls.")
        self.press(verb)

    def seeks(self, text: str) -> None:
        self.page.get_by_label("Find by text").fill(text)
        self.press("Find")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_partners_day(
    open_page: Opener, live_server: LiveServer, people: People, lane: DeliverySettings, width: int
) -> None:
    for name in NAMES[:-1]:
        arrives(lane, name)
    visit = Visit(page := open_page(width), live_server)
    visit.go("portal:login")
    visit.sign_in(people.owner.email, PASSWORD)
    _sees_what_comes(visit, lane)
    _searches(visit)
    _answers(visit)
    _answers_many(visit)
    _downloads(visit)
    _reads_the_history(visit)
    visit.press("Sign out")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def _sees_what_comes(visit: Visit, lane: DeliverySettings) -> None:
    page = visit.page
    expect(page.get_by_role("link", name=NAMES[-2])).to_be_visible()
    arrives(lane, NAMES[-1])
    # What the page does every five seconds.
    page.locator("[data-live]").dispatch_event("live")
    page.get_by_role("link", name="Show").click()
    expect(page.get_by_role("link", name=NAMES[-1])).to_be_visible()
    visit.sees("Pending review 5", "Berlin")


def _searches(visit: Visit) -> None:
    for text in UNTICKED:
        visit.seeks(text)
        expect(visit.page.get_by_role("heading", name="No lead matches")).to_be_visible()
    visit.seeks("eva")
    expect(visit.page.get_by_role("row")).to_have_count(2)
    visit.page.get_by_text("Filters", exact=True).click()
    visit.page.get_by_label("Received from").fill("2026-01-01")
    visit.press("Filter")
    expect(visit.page.get_by_role("row")).to_have_count(2)
    visit.is_judged("Eva Falk", "Clear search and filters")


def _answers(visit: Visit) -> None:
    page = visit.page
    visit.follow("Eva Falk")
    expect(page.get_by_role("link", name="+4930123456")).to_have_attribute("href", "tel:+4930123456")
    visit.press("Accept lead")
    expect(page.get_by_role("status")).to_contain_text("Lead accepted.")
    visit.is_judged("By Owner", "Undo", "Return…")
    visit.press("Undo")
    expect(page.get_by_role("status")).to_contain_text("taken back")
    visit.press("Accept lead")
    visit.follow("Next lead to review")
    visit.refuse("Reject…", "Outside our area", "Reject lead")
    visit.sees("Lead rejected.", "Outside our area")
    visit.follow("Leads")
    visit.follow("Accepted")
    visit.follow("Eva Falk")
    visit.refuse("Return…", "Cannot be reached", "Return lead")
    visit.is_judged("Lead returned.", "Cannot be reached")


def _answers_many(visit: Visit) -> None:
    page = visit.page
    visit.follow("Leads")
    for name in NAMES[:3]:
        page.get_by_role("checkbox", name=f"Select {name}").check()
    visit.is_judged("3 selected")
    visit.press("Accept selected")
    visit.is_judged("3 leads accepted.", "You answered 5 leads within the last minute.", "Nothing waiting")
    visit.follow("Returned")
    visit.sees("Returned 1", "Eva Falk", "Cannot be reached")


def _downloads(visit: Visit) -> None:
    visit.follow("Download")
    visit.sees("5 leads")
    with visit.page.expect_download() as download:
        visit.press("Download CSV")
    assert download.value.suggested_filename.startswith("leadflip-solar-lead-")
    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    columns = ["Lead id", "Received (Europe/Berlin)", "Review", "Answered (Europe/Berlin)", "Answered by"]
    fields = ["Name", "Phone", "Address: city"]
    assert list(rows[0]) == [*columns, "Reason", "Note", *fields]
    assert [(row["Name"], row["Review"], row["Note"]) for row in rows] == [
        ("Eva Falk", "Returned", "Two calls."),
        ("Dan Ende", "Rejected", "Two calls."),
        *((name, "Accepted", "") for name in reversed(NAMES[:3])),
    ]
    assert not any(value in text for value in UNTICKED)


def _reads_the_history(visit: Visit) -> None:
    visit.follow("History")
    visit.is_judged("5 leads of solar-lead")
    told = visit.page.get_by_role("row").locator("td:first-child strong").all_inner_texts()
    assert told == [
        "Downloaded CSV",
        *["Accepted"] * 3,
        "Returned",
        "Rejected",
        "Viewed",
        "Accepted",
        "Answer taken back",
        "Accepted",
        "Viewed",
        "Signed in",
    ]


def test_invited_person_accepts_a_first_lead(
    open_page: Opener,
    live_server: LiveServer,
    people: People,
    lane: DeliverySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "later", lambda send, *args: send(*args))
    entry = arrives(lane, NAMES[0])
    owner, new = Visit(open_page(), live_server), Visit(open_page(390), live_server)
    enter(owner.page, live_server, people.owner)
    owner.go("portal:people")
    owner.page.get_by_label("E-mail").fill("nia@example.com")
    owner.press("Send invitation")
    owner.is_judged("A letter to nia@example.com is on its way.", "Invited")
    new.page.goto(_link(mail.outbox))
    new.page.get_by_label("Name").fill("Nia")
    new.page.get_by_label("New password", exact=True).fill(NEW)
    new.page.get_by_label("New password, once more", exact=True).fill(NEW)
    new.is_judged("Join Acme Solar", "For nia@example.com, as: Member.")
    new.press("Join Acme Solar")
    expect(new.page.get_by_role("status")).to_contain_text("You have joined Acme Solar. Sign in now.")
    new.sign_in("nia@example.com", NEW)
    new.press("Accept Ana Berg")
    new.sees("1 lead accepted.")
    owner.follow("History")
    owner.sees("Nia", "Joined", "Accepted", "Ana Berg")
    entry.refresh_from_db()
    assert (entry.review, str(entry.answered_by)) == ("accepted", "Nia")
    assert {event.kind for event in EntryEvent.objects.filter(user__name="Nia")} >= {"joined", "accepted"}


def _link(letters: list[Any]) -> str:
    [letter] = letters
    assert letter.to == ["nia@example.com"]
    found = re.search(r"http://\S+/portal/join/\S+", letter.body)
    assert found
    return found[0]
