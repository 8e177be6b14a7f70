"""Alerts by webhook: signed, once each, again where they are refused, and never where they may not go."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import time_machine
from pytest_django import Settings

from delivery import matters
from delivery.models import Alert
from delivery.tasks import post_alerts, send_alerts
from leadflip import checks
from leadflip.kit import clock
from tests.factories import DeliverySettingsFactory, PartnerFactory
from tests.servers.behaviours import reply
from tests.servers.http import HttpServer, Received

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEYS = [bytes(range(32)), bytes(range(1, 33))]
SECRETS = ["whsec_" + base64.b64encode(key).decode() for key in KEYS]


@pytest.fixture
def server(settings: Settings, loopback: None) -> Iterator[HttpServer]:
    with HttpServer() as running, time_machine.travel(NOON, tick=False):
        settings.ALERT_WEBHOOK_URL = f"{running.url}alerts"
        settings.ALERT_WEBHOOK_SECRET = SECRETS
        settings.SMTP_URL, settings.EMAIL_BACKEND = "", "delivery.smtp.backend.Backend"
        yield running


def alert(kind: str = "cap", key: str = "cap:partner:5", **fields: object) -> Alert:
    told = {"name": "Acme Solar", "text": "12 of 12 today.", "opened_at": clock.now()}
    return Alert.objects.create(kind=kind, key=key, **{**told, **fields})


def signed(request: Received, key: bytes) -> str:
    """By the words of Standard Webhooks, and not by our own code."""
    text = f"{request.header('webhook-id')}.{request.header('webhook-timestamp')}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def test_alert_is_posted_once_and_signed_by_each_secret(server: HttpServer) -> None:
    made = alert()
    row = DeliverySettingsFactory.create(partner=PartnerFactory.create(name="Ben"), host="crm.example.com")
    event = alert("recovered", f"lane:{row.pk}", name="", text="", closed_at=NOON)
    alert(key="cap:partner:6", acknowledged_at=NOON)
    alert(key="cap:partner:7", opened_at=NOON - timedelta(days=1))
    alert("bounced", "lane:999999")
    assert (send_alerts(), post_alerts(), post_alerts()) == (0, 2, 0)
    first, second = server.requests
    assert first.json() == {
        "type": "alert.opened",
        "timestamp": "2026-11-25T12:00:00Z",
        "data": {
            "id": made.pk,
            "kind": "cap",
            "key": "cap:partner:5",
            "what": "Cap reached",
            "who": "Acme Solar",
            "text": "12 of 12 today.",
            "link": "http://127.0.0.1:8000/admin/partners/partner/5/change/",
            "opened_at": "2026-11-25T12:00:00Z",
            "closed_at": None,
        },
    }
    assert (first.method, first.path, first.header("webhook-id")) == ("POST", "/alerts", f"alert_{made.pk}")
    assert first.header("webhook-signature") == " ".join(signed(first, key) for key in KEYS)
    assert second.json()["data"]["who"] == "Ben (Webhook)"
    event.refresh_from_db()
    assert (event.posted_at, event.sent_at) == (NOON, None)


def test_refused_alert_is_tried_again_later_with_the_same_id(server: HttpServer) -> None:
    """(minutes, answers, how many are taken then)."""
    first, second = alert(), alert("key_due", "key:1")
    turns = [
        (0, [500], 0),
        (0.5, [], 0),
        (1, [410], 0),
        (2, [204], 1),
        (2.5, [], 0),
        (3, [200], 1),
        (9, [], 0),
    ]
    for minutes, answers, taken in turns:
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            server.script(*(reply(status) for status in answers))
            before = len(server.requests)
            assert post_alerts() == taken
            assert len(server.requests) - before == len(answers)
            if minutes < 2:
                assert matters.alerts_refused().rows.count() == 1
    ids = [request.header("webhook-id") for request in server.requests]
    assert ids.count(f"alert_{first.pk}") >= 2
    assert {*ids} == {f"alert_{first.pk}", f"alert_{second.pk}"}
    assert not Alert.objects.filter(posted_at=None).exists()
    assert not matters.alerts_refused().rows.exists()


def test_run_that_dies_is_repeated_after_its_lease(server: HttpServer) -> None:
    made = alert()
    with mock.patch("delivery.alerts.post._posted", side_effect=SystemExit), pytest.raises(SystemExit):
        post_alerts()
    for seconds, taken in ((299, 0), (300, 1)):
        with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
            assert post_alerts() == taken
    assert [request.header("webhook-id") for request in server.requests] == [f"alert_{made.pk}"]


def test_waits_grow(server: HttpServer) -> None:
    made = alert()
    server.default = reply(503)
    waits, now = [], NOON
    for _ in range(7):
        with time_machine.travel(now, tick=False):
            post_alerts()
        made.refresh_from_db()
        assert made.post_due is not None
        waits.append((made.post_due - now).total_seconds() / 60)
        now = made.post_due
    assert waits == [1, 2, 5, 15, 60, 60, 60]


def test_guard_holds_for_alerts_too(server: HttpServer, settings: Settings) -> None:
    settings.OUTGOING_ALLOW = []
    settings.ALERT_WEBHOOK_URL = server.url.replace("127.0.0.1", "localhost")
    alert()
    assert post_alerts() == 0
    assert server.requests == []
    settings.ALERT_WEBHOOK_URL = ""
    assert (post_alerts(), matters.alerts_refused().rows.count()) == (0, 0)


@pytest.mark.parametrize(
    ("url", "secrets", "wrong"),
    [
        ("", [], 0),
        ("https://ops.example.com/alerts", SECRETS, 0),
        ("https://ops.example.com/alerts", [], 1),
        ("https://ops.example.com/alerts", [SECRETS[0], "whsec_c2hvcnQ="], 1),
        ("https://ops.example.com/alerts", ["whsec_!"], 1),
        ("http://10.0.0.1/alerts", SECRETS, 1),
        ("ftp://ops.example.com", [], 2),
    ],
    ids=["off", "on", "no secret", "a short one", "no base64", "closed", "both"],
)
def test_settings_that_cannot_work_stop_the_start(
    settings: Settings, url: str, secrets: list[str], wrong: int
) -> None:
    settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_SECRET = url, secrets
    found = checks.alert_webhook_is_signed()
    assert [message.id for message in found] == ["leadflip.E013"] * wrong
    assert not any(secret in str(found) for secret in secrets)
