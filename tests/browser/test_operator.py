"""An operator's work in a browser, against a real receiver and the real engine; and its pages by axe."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from delivery.models import Job
from delivery.services import Placement, place
from distribution.models import Entity, Lead
from distribution.services import save_profile
from leadflip.run.sample.load import load
from partners.models import DeliverySettings, Revision, User
from tests.browser.barriers import no_barriers
from tests.browser.conftest import Opener
from tests.browser.test_admin import enter
from tests.browser.test_partner_setup import engine
from tests.factories import (
    AssignmentFactory,
    AttemptBodyFactory,
    AttemptFactory,
    DecisionFactory,
    DeliverySettingsFactory,
    EntityFactory,
    JobFactory,
    LeadFactory,
    PartnerFactory,
    RetryPolicyFactory,
    UserFactory,
    make_fields,
)
from tests.run.sample.test_load import DEMO
from tests.servers.behaviours import reply
from tests.servers.http import Exchange, HttpServer, ok

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOG = "/admin/delivery/log/"


def person(role: str) -> User:
    user = UserFactory.create(staff=True, name=f"The {role}")
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


@pytest.fixture
def entity(live_server: LiveServer) -> Entity:
    made = EntityFactory.create(name="Solar lead", slug="solar-lead", display_field="name")
    make_fields(made, name="text", iban={"type": "text", "encrypted": True})
    Revision.bump()
    return made


@dataclass
class Desk:
    """The operator's browser at a log with one job that retries and one that failed."""

    page: Page
    site: str
    settings: DeliverySettings
    retrying: Job
    failed: Job

    def open_job(self, status: str, lead: str) -> None:
        """By the log, as somebody who looks for it."""
        self.page.goto(self.site + LOG)
        self.page.get_by_label("Status").select_option(label=status)
        self.page.get_by_role("button", name="Filter").click()
        self.page.get_by_role("link", name=lead).click()


async def only_leads(exchange: Exchange) -> None:
    """A receiver that takes leads at /leads and knows no other address."""
    await (ok if exchange.request.path == "/leads" else reply(404, b"no such address"))(exchange)


def job(settings: DeliverySettings, entity: Entity, name: str, waits: list[int]) -> Job:
    """Routed as any other, with a retry policy of so many waits."""
    lead = LeadFactory.create(entity=entity, values={"name": name})
    policy = RetryPolicyFactory.create(waits=waits)
    pick = Placement(lead.pk, None, None, settings.partner_id, settings.pk, settings.kind, policy.pk)
    (job_id,) = place([pick], at=timezone.now())
    return Job.objects.get(id=job_id)


@pytest.fixture
def receiver(settings: Any) -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.default = only_leads
        settings.OUTGOING_ALLOW = [f"127.0.0.1/32:{server.port}"]
        yield server


@pytest.fixture
def desk(open_page: Opener, live_server: LiveServer, entity: Entity, receiver: HttpServer) -> Iterator[Desk]:
    partner = PartnerFactory.create(name="Acme Solar")
    row = DeliverySettingsFactory.create(partner=partner, host="127.0.0.1")
    row.config["url"] = f"{receiver.url}lead"
    row.save()
    partner.default_settings = row
    partner.save()
    with engine():
        retrying = job(row, entity, "Ada Byron", [3600])
        failed = job(row, entity, "Grace Hopper", [])
        receiver.wait(2)
        page = open_page()
        enter(page, live_server, person("operator"))
        yield Desk(page, live_server.url, row, retrying, failed)


def test_operator_finds_why_admin_mends_operator_sends(
    open_page: Opener, live_server: LiveServer, desk: Desk, receiver: HttpServer
) -> None:
    page = desk.page
    desk.open_job("Failed", "Grace Hopper")
    expect(page.get_by_text("Failed at the first attempt; last answer 404 from 127.0.0.1.")).to_be_visible()
    page.get_by_role("button", name="Show what was sent and answered").click()
    expect(page.get_by_role("heading", name="Attempt 1: sent and answered")).to_be_focused()
    expect(page.get_by_role("region", name="Response")).to_have_text("no such address")
    desk.open_job("Retrying", "Ada Byron")
    expect(page.locator("#job")).to_contain_text("127.0.0.1 answered with status 404")
    expect(page.locator(".trail count-down")).to_have_text(re.compile(r"^in (1:)?\d\d:\d\d$"))

    admin = open_page()
    enter(admin, live_server, UserFactory.create(admin=True))
    admin.goto(live_server.url + reverse("delivery:job", args=[desk.retrying.pk]))
    admin.get_by_role("link", name="Delivery settings").click()
    admin.get_by_label("URL").first.fill(f"{receiver.url}leads")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("status").first).to_contain_text("was changed")

    page.get_by_role("button", name="Try now").click()
    # Told by the page itself as it happens: nobody loads it again.
    expect(page.locator("#job .state .badge-delivered")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    desk.open_job("Failed", "Grace Hopper")
    page.get_by_role("button", name="Resend").click()
    expect(page.locator("#job .state .badge-delivered")).to_be_visible(timeout=15_000)

    taken = [request for request in receiver.requests if request.path == "/leads"]
    assert [request.json()["name"] for request in taken] == ["Ada Byron", "Grace Hopper"]
    assert set(Job.objects.values_list("status", flat=True)) == {"delivered"}


def test_log_announces_new_jobs_and_moves_no_row(
    open_page: Opener, live_server: LiveServer, entity: Entity
) -> None:
    lead = LeadFactory.create(entity=entity, values={"name": "Ada Byron"})
    JobFactory.create(lead=lead)
    page = open_page()
    enter(page, live_server, person("viewer"))
    page.goto(live_server.url + LOG)
    row = page.get_by_role("link", name="Ada Byron")
    before = row.bounding_box()
    page.get_by_role("button", name="Pause updates").click()
    page.get_by_role("button", name="Pause updates").click()
    JobFactory.create(lead=LeadFactory.create(entity=entity, values={"name": "Grace Hopper"}))
    show = page.get_by_role("link", name="1 new · Show")
    expect(show).to_be_visible(timeout=15_000)
    assert row.bounding_box() == before
    show.click()
    expect(page.get_by_role("link", name="Grace Hopper")).to_be_visible()


def pages(page: Page, site: str, entity: Entity) -> Iterator[str]:
    """Opens one page or state after another, naming each."""

    def go(path: str) -> str:
        page.goto(site + path)
        return path

    yield go(LOG)
    failed, waiting, lead = _fill(entity)
    yield go(LOG)
    yield go(f"{LOG}?status=failed&code=404&last=24h")
    yield go(f"{LOG}?code=nonsense&since=2026-11-25&until=2026-11-24")
    yield go(f"{LOG}?partner={failed.partner_id}&channel=email")
    yield go(f"{LOG}{failed.pk}/")
    page.get_by_text("Not received…").click()
    page.get_by_role("button", name="Show what was sent and answered").click()
    page.get_by_text("As curl, without secrets").click()
    yield "failed job with all open"
    yield go(f"{LOG}{waiting.pk}/")
    yield go(reverse("admin:distribution_lead_change", args=[lead.pk]))
    yield go(reverse("admin:distribution_lead_change", args=[LeadFactory.create(entity=entity).pk]))
    yield go(f"{LOG}{lead.pk}/")


def _fill(entity: Entity) -> tuple[Job, Job, Lead]:
    """A lead with a name that has no space, a failed job in doubt and one that waits."""
    name = "Ana-Ánderson-with-a-long-name-that-has-no-space-in-it 👩‍🌾 שלום"
    lead = LeadFactory.create(entity=entity, values={"name": name}, hidden={"iban": "DE02"})
    assignment = AssignmentFactory.create(profile__entity=entity, partner__name="Acme " + "Solar" * 20)
    save_profile(profile=assignment.profile, by=None)
    DecisionFactory.create(lead=lead, profile=assignment.profile, verdicts=[["chosen"]])
    words = {"last_error": "x" * 400, "last_code": 404, "last_error_class": "http_4xx"}
    failed = JobFactory.create(lead=lead, assignment=assignment, failed=True, had_unknown=True, **words)
    attempt = AttemptFactory.create(job=failed, outcome="unknown", error="y" * 400)
    AttemptBodyFactory.create(attempt=attempt)
    due = timezone.now() + timedelta(hours=1)
    return failed, JobFactory.create(lead=lead, retrying=True, next_attempt_at=due, **words), lead


def test_pages_have_no_barrier(open_page: Opener, live_server: LiveServer, entity: Entity) -> None:
    page = open_page()
    enter(page, live_server, person("operator"))
    no_barriers(page, pages(page, live_server.url, entity))


@pytest.fixture
def demo(live_server: LiveServer, settings: Any) -> str:
    """A sample installation whose receiving ends are not there; the site's address."""
    settings.DEMO = True
    load(DEMO)
    return live_server.url


def test_sample_lead_ticks_by_itself(open_page: Opener, demo: str) -> None:
    page = open_page()
    page.goto(demo)
    no_barriers(page, ["start page before the first lead"])
    page.get_by_role("button", name="Send a sample lead").click()
    portal = page.get_by_role("listitem").filter(has_text="Portal: Sample portal")
    expect(portal).to_contain_text("Queued")
    with engine():
        expect(portal).to_contain_text("Delivered", timeout=15_000)
    no_barriers(page, ["start page"])


def test_sample_lead_is_sent_without_scripts(chromium: Browser, demo: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(demo)
    page.get_by_role("button", name="Send a sample lead").click()
    expect(page.get_by_role("link", name="Received and routed")).to_be_visible()
    page.get_by_role("link", name="Load this page again to see it move").click()
    expect(page.get_by_text("not tried yet").first).to_be_visible()
    context.close()
