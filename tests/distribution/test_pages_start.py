"""The start page: every door in demo mode, the way to the admin without."""

import re

import pytest
from django.test import Client
from django.urls import resolve
from pytest_django.fixtures import Settings

from leadflip.run.state import State


def test_start_outside_demo_leads_to_the_admin(client: Client, settings: Settings) -> None:
    settings.DEMO = False
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_start_in_demo_names_every_door(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    html = client.get("/").content.decode()
    for door in (
        "/admin/",
        "/portal/",
        "/api/docs",
        "/sample/crm/",
        "/sample/mailbox/",
        "/healthz",
        "/readyz",
    ):
        assert f'href="{door}"' in html
    for person in ("admin@example.com", "operator@example.com", "partner@example.com"):
        assert person in html


def test_start_links_lead_to_pages(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    html = client.get("/").content.decode()
    inside = [link for link in re.findall(r'href="(/[^"#]*)"', html) if not link.startswith("/static/")]
    for link in inside:
        if not link.startswith("/sample/"):
            resolve(link)


def test_start_holds_no_secret(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    html = client.get("/").content.decode()
    keys = State.current().keys()
    for secret in (keys["SECRET_KEY"], *keys["ENCRYPTION_KEYS"], *keys["DIGEST_KEYS"]):
        assert secret not in html
    assert "lf_demo_" not in html


@pytest.mark.parametrize("demo", [True, False])
def test_start_asks_no_database_and_is_not_stored(client: Client, settings: Settings, demo: bool) -> None:
    # Without the django_db mark any query would fail.
    settings.DEMO = demo
    assert "no-store" in client.get("/")["Cache-Control"]
