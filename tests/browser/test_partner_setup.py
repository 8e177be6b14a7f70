"""A webhook partner from nothing to a green test lead, by keys alone, against a real receiver."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from standardwebhooks.webhooks import Webhook

from delivery.engine.engine import Engine
from delivery.models import Job
from partners.models import Partner
from tests.browser.conftest import Opener
from tests.browser.test_admin import enter
from tests.factories import (
    DeliverySettingsFactory,
    EntityFactory,
    PartnerFactory,
    UserFactory,
    make_fields,
)
from tests.servers.http import HttpServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The name of what has the focus, as a person reads it.
FOCUSED = """() => {
    const here = document.activeElement;
    const name = here.getAttribute("aria-label") || here.labels?.[0]?.textContent || here.textContent;
    return (name || here.value).trim();
}"""


@contextmanager
def engine() -> Iterator[None]:
    """A worker's engine, in a thread of its own."""
    started, ends = threading.Event(), []

    async def run() -> None:
        async with Engine() as running:
            loop = asyncio.get_running_loop()
            ends.append(lambda: loop.call_soon_threadsafe(running.stop))
            started.set()
            await running.run()

    thread = threading.Thread(target=asyncio.run, args=[run()])
    thread.start()
    assert started.wait(10)
    try:
        yield
    finally:
        ends[0]()
        thread.join(20)


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until what begins with `name` has the focus."""
    passed = []
    for _turn in range(120):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1].startswith(name):
            return
    pytest.fail(f"Tab never came to {name!r}; it passed {passed}")


def test_webhook_partner_from_nothing_to_a_green_test_by_keyboard(
    open_page: Opener, live_server: LiveServer, settings: Any
) -> None:
    make_fields(EntityFactory.create(name="Solar lead"), name="text", iban={"encrypted": True})
    page = open_page()
    enter(page, live_server, UserFactory.create(admin=True))
    with HttpServer() as receiver, engine():
        settings.OUTGOING_ALLOW = [f"127.0.0.1/32:{receiver.port}"]
        page.goto(live_server.url + reverse("admin:partners_partner_add"))
        tab_to(page, "Name")
        page.keyboard.type("Acme Solar")
        tab_to(page, "Email")
        page.keyboard.press("ArrowDown")
        assert page.evaluate(FOCUSED).startswith("Webhook")
        tab_to(page, "URL")
        page.keyboard.type(receiver.url)
        tab_to(page, "Sign")
        page.keyboard.press("Space")
        tab_to(page, "Everything")
        page.keyboard.press("ArrowDown")
        tab_to(page, "Name")
        page.keyboard.press("Space")
        expect(page.locator("#preview")).to_contain_text('"name": "Sample name"')
        expect(page.locator("#delivery-warnings")).to_contain_text("travel unencrypted")
        tab_to(page, "Save and send test lead")
        page.keyboard.press("Enter")

        expect(page.locator("code.secret")).to_contain_text("whsec_")
        secret = page.locator("code.secret").inner_text()
        tab_to(page, "I have copied it")
        page.keyboard.press("Enter")

        trial = page.locator("#trial")
        expect(trial.locator(".badge-delivered")).to_be_visible(timeout=15_000)
        expect(trial).to_contain_text("The partner's endpoint took it.")
        tab_to(page, "Headers that were sent")
        page.keyboard.press("Enter")
        expect(trial).to_contain_text("webhook-signature")

    (request,) = receiver.requests
    assert request.json().keys() == {"lead_id", "entity", "created_at", "name"}
    Webhook(secret).verify(request.body.decode(), dict(request.headers))
    partner, job = Partner.objects.get(), Job.objects.get()
    assert (job.partner, job.test, job.assignment) == (partner, True, None)
    assert partner.default_settings is not None
    assert partner.default_settings.config["url"] == receiver.url


def test_enter_key_saves_and_sends_no_test(open_page: Opener, live_server: LiveServer) -> None:
    partner = PartnerFactory.create(name="Acme")
    partner.default_settings = DeliverySettingsFactory.create(partner=partner)
    partner.save()
    page = open_page()
    enter(page, live_server, UserFactory.create(admin=True))
    page.goto(live_server.url + reverse("admin:partners_partner_change", args=[partner.pk]))
    tab_to(page, "Name")
    page.keyboard.type("Acme Solar")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("was changed")
    assert Partner.objects.get().name == "Acme Solar"
    assert not Job.objects.exists()
