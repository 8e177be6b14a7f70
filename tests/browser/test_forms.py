"""The hosted form in a browser: without scripts, in the frame of a site that may and of one that may not."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from distribution.api import rate
from distribution.models import HostedForm, Lead
from distribution.pages import form_token
from tests.factories import EntityFactory, HostedFormFactory, make_fields

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@contextmanager
def site(framed: str) -> Iterator[str]:
    """A site of its own whose page frames another one; its origin."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<!doctype html><iframe src="{framed}" width="360" height="900">'.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def form() -> HostedForm:
    entity = EntityFactory.create()
    make_fields(entity, name={"required": True, "label": "Full name"}, email="email", address="address")
    return HostedFormFactory.create(entity=entity, consent="I agree to be called.")


def test_form_is_sent_from_the_frame_of_its_site_alone(
    chromium: Browser, live_server: LiveServer, form: HostedForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate.forget()
    monkeypatch.setattr(form_token, "QUICKEST", timedelta(0))
    address = live_server.url + reverse("hosted_form", args=[form.token])
    with ExitStack() as stack:
        own, foreign = (stack.enter_context(site(address)) for _ in range(2))
        HostedForm.objects.update(origins=[own])
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 1000})
        stack.callback(context.close)
        page = context.new_page()
        page.goto(own)
        inside = page.frame_locator("iframe")
        inside.get_by_label("Email").fill("ana@")
        inside.get_by_label("City").fill("Ulm")
        inside.get_by_role("button", name="Send").click()
        expect(inside.get_by_role("alert")).to_be_focused()
        inside.get_by_role("link", name="Full name is required").click()
        inside.get_by_label("Full name").fill("Ana Bold")
        expect(inside.get_by_label("City")).to_have_value("Ulm")
        inside.get_by_label("Email").fill("ana@example.com")
        inside.get_by_label("I agree to be called.").check()
        inside.get_by_role("button", name="Send").click()
        expect(inside.get_by_role("heading", name="Thank you")).to_be_visible()
        assert context.cookies() == []
        page.goto(foreign)
        expect(inside.get_by_role("button", name="Send")).to_have_count(0)
    assert [lead.values["name"] for lead in Lead.objects.all()] == ["Ana Bold"]
