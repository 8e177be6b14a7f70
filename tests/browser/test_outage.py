"""An endpoint goes down: the dashboard says so, the way leads to the mending, and no lead is lost."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from delivery.models import Alert, Job, Lane
from distribution.models import Assignment
from distribution.routing.route import route
from partners.models.revision import hold_shared
from tests import factories as f
from tests.browser.barriers import no_barriers
from tests.browser.conftest import Opener
from tests.browser.test_admin import enter
from tests.browser.test_partner_setup import engine
from tests.distribution.capped import save
from tests.servers.behaviours import reply
from tests.servers.http import Exchange, HttpServer, ok

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LEADS = 30


async def moved_house(exchange: Exchange) -> None:
    """Takes leads at /leads and says of the old address that it is gone: a lane is slowed at once."""
    await (ok if exchange.request.path == "/leads" else reply(410, b"gone"))(exchange)


@pytest.fixture
def receiver(settings: Any) -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.default = moved_house
        settings.OUTGOING_ALLOW = [f"127.0.0.1/32:{server.port}"]
        yield server


@pytest.fixture
def seat(live_server: LiveServer, receiver: HttpServer) -> Assignment:
    """The only partner of a profile in force; its address is the old one."""
    entity = f.EntityFactory.create(display_field="name")
    f.make_fields(entity, name="text")
    partner = f.PartnerFactory.create(name="Acme Solar")
    row = f.DeliverySettingsFactory.create(partner=partner, host="127.0.0.1")
    row.config["url"], row.policy = f"{receiver.url}old", f.RetryPolicyFactory.create(waits=[1] * 7)
    row.save()
    partner.default_settings = row
    partner.save()
    made = f.AssignmentFactory.create(partner=partner, settings=None, profile__entity=entity)
    save(made.profile)
    return made


def arrive(seat: Assignment) -> None:
    """Leads come in, and are routed as intake routes them."""
    names = [f"Lead {number}" for number in range(LEADS)]
    with transaction.atomic():
        revision = hold_shared()
        entity = seat.profile.entity
        leads = [f.LeadFactory.create(entity=entity, values={"name": name}) for name in names]
        route(leads, revision=revision, fresh=True)


def until(happened: Callable[[], bool]) -> None:
    """Waits for what the engine does, 10 s at most."""
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end, list(Job.objects.values_list("status", "last_error"))
        time.sleep(0.05)


def mend(page: Page, url: str) -> None:
    """From the dashboard to the address, by what the pages offer."""
    page.get_by_role("link", name="1 destination is slowed").click()
    page.get_by_role("link", name="Acme Solar").first.click()
    expect(page.get_by_text("answered with status 410").first).to_be_visible()
    page.get_by_role("link", name="Delivery settings").click()
    page.get_by_label("URL").first.fill(url)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("was changed")


def test_outage_from_the_dashboard_to_the_last_lead(
    open_page: Opener, live_server: LiveServer, seat: Assignment, receiver: HttpServer
) -> None:
    page = open_page()
    enter(page, live_server, f.UserFactory.create(admin=True))
    with engine():
        arrive(seat)
        until(lambda: Alert.objects.filter(closed_at=None).exists())
        assert Lane.objects.get().state in ("open", "probing")
        assert Job.objects.filter(status__in=["queued", "retrying"]).count() == LEADS
        page.goto(live_server.url + reverse("admin:index"))
        no_barriers(page, ["dashboard in an outage"])
        mend(page, f"{receiver.url}leads")
        until(lambda: Job.objects.filter(status="delivered").count() == LEADS)
        page.goto(live_server.url + reverse("admin:index"))
        expect(page.get_by_text("Nothing. All that comes in goes where it should.")).to_be_visible()
    taken = [request.json()["name"] for request in receiver.requests if request.path == "/leads"]
    assert sorted(taken) == sorted(f"Lead {number}" for number in range(LEADS))
    assert not Alert.objects.filter(closed_at=None).exists()
