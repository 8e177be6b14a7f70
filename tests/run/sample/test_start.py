"""The start page: every door and a lead on its way in demo mode, the way to the admin without."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from pytest_django.fixtures import Settings

from delivery.models import Engine, Job
from distribution.models import ApiKey, Lead
from leadflip import ops
from leadflip.kit.clock import now
from leadflip.run.sample.demo import Demo
from leadflip.run.sample.load import load
from leadflip.run.state import State
from tests.factories import AttemptFactory, LeadFactory
from tests.run.sample.test_load import DEMO

pytestmark = pytest.mark.django_db
STEPS = ("Received and routed", "Webhook: Sample CRM", "Email: Sample mailbox", "Portal: Sample portal")


@pytest.fixture
def demo(settings: Settings) -> Demo:
    """A loaded sample installation."""
    settings.DEMO = True
    load(DEMO)
    return DEMO


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/{query}")
    assert response.status_code == 200
    return response.content.decode()


def send(client: Client) -> Lead:
    response = client.post("/")
    assert response.status_code == 302
    found = re.fullmatch(r"/\?lead=([0-9a-f-]{36})#walk", response["Location"])
    assert found is not None
    return Lead.objects.get(id=UUID(found[1]))


def poll(client: Client, lead: Lead, seen: str) -> Any:
    return client.get("/", {"lead": str(lead.pk), "seen": seen}, headers={"HX-Request": "true"})


def test_start_outside_demo_leads_to_the_admin(client: Client, settings: Settings) -> None:
    settings.DEMO = False
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert client.post("/").status_code == 405


def test_start_in_demo_names_every_door(client: Client, demo: Demo) -> None:
    html = page(client)
    for door in (
        "/admin/",
        "/admin/delivery/log/",
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


def test_start_links_lead_to_pages(client: Client, demo: Demo) -> None:
    send(client)
    inside = re.findall(r'href="(/[^"#?]*)', page(client))
    for link in inside:
        if not link.startswith(("/sample/", "/static/")):
            resolve(link)


def test_start_holds_no_secret(client: Client, demo: Demo) -> None:
    html = page(client)
    keys = State.current().keys()
    for secret in (keys["SECRET_KEY"], *keys["ENCRYPTION_KEYS"], *keys["DIGEST_KEYS"]):
        assert secret not in html
    for secret in (demo.admin, demo.operator, demo.partner, demo.api_key, demo.signing_secret):
        assert secret not in html


@pytest.mark.parametrize("on", [True, False])
def test_start_is_not_stored(client: Client, settings: Settings, on: bool) -> None:
    settings.DEMO = on
    assert "no-store" in client.get("/")["Cache-Control"]


def test_start_before_the_first_lead(client: Client, demo: Demo) -> None:
    html = page(client)
    assert "No lead was sent yet." in html
    assert "hx-get" not in html


def test_sample_lead_is_taken_and_its_steps_are_links(client: Client, demo: Demo) -> None:
    lead = send(client)
    assert (lead.routing, lead.source) == ("routed", "website")
    html = page(client, f"?lead={lead.pk}")
    for step in STEPS:
        assert step in html
    assert f'href="/admin/distribution/lead/{lead.pk}/change/"' in html
    for job in lead.jobs.all():
        assert f'href="/admin/delivery/log/{job.id}/"' in html
    assert "of 4 partners chosen" in html
    assert "not tried yet" in html


def test_sample_leads_differ_and_the_newest_is_shown(client: Client, demo: Demo) -> None:
    first, second = send(client), send(client)
    assert first.values["last_name"] != second.values["last_name"]
    assert str(second.pk) in page(client)
    assert str(first.pk) in page(client, f"?lead={first.pk}")


def test_steps_tick_until_all_has_ended(client: Client, demo: Demo) -> None:
    lead = send(client)
    html = page(client)
    seen = re.search(r'name="seen" value="([^"]+)"', html)
    assert seen is not None
    assert poll(client, lead, seen[1]).status_code == 204
    jobs = list(lead.jobs.all())
    for job in jobs:
        AttemptFactory.create(job=job, code=204, ms=12)
    ended = {"status": "delivered", "attempts": 1, "next_attempt_at": None, "settled_at": timezone.now()}
    Job.objects.filter(id=jobs[0].id).update(**ended)
    moved = poll(client, lead, seen[1])
    assert (moved.status_code, b"204 in 12 ms" in moved.content) == (200, True)
    lead.jobs.update(**ended)
    assert poll(client, lead, seen[1]).status_code == 286
    assert "hx-get" not in page(client)


@pytest.mark.parametrize("leads", [1, 20])
def test_page_takes_steady_queries(
    client: Client, demo: Demo, leads: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(leads):
        send(client)
    with django_assert_max_num_queries(5):
        page(client)


def test_failed_step_says_why(client: Client, demo: Demo) -> None:
    job = send(client).jobs.order_by("id").first()
    assert job is not None
    AttemptFactory.create(job=job, outcome="temporary")
    Job.objects.filter(id=job.id).update(status="retrying", attempts=1, last_error="It refused <b>this</b>.")
    assert "It refused &lt;b&gt;this&lt;/b&gt;." in page(client)


@pytest.mark.parametrize("query", ["?lead=nonsense", "?lead=0190a5e0-0000-7000-8000-000000000000"])
def test_lead_that_is_none_of_the_sample(client: Client, demo: Demo, query: str) -> None:
    page(client, query)
    foreign = LeadFactory.create()
    assert str(foreign.pk) not in page(client, f"?lead={foreign.pk}")


def test_revoked_sample_key_is_named(client: Client, demo: Demo) -> None:
    ApiKey.objects.update(revoked_at=now())
    response = client.post("/", follow=True)
    assert "the key of the sample website is revoked" in response.content.decode()
    assert not Lead.objects.exists()


def test_health_names_what_is_down_and_what_mends_it(client: Client, demo: Demo) -> None:
    html = page(client)
    # In tests no engine runs.
    assert html.count("Works") == 3
    assert re.search(
        r"Worker</strong>\s*<span>Press Ctrl\+C where it runs and type “make run”.*worker.log", html
    )
    Engine.objects.create(
        id=UUID(int=1), host="here", pid=1, started_at=now(), seen_at=now() + timedelta(hours=1)
    )


def silent(part: str) -> Callable[[], list[str]]:
    def ask() -> list[str]:
        raise OSError(part)

    return ask


def test_database_that_is_down_is_named(client: Client, demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "PROBES", {**ops.PROBES, "database": silent("database")})
    html = page(client)
    # Of workers only the database knows.
    assert html.count(">Down<") == 2
    assert "postgres.log" in html
