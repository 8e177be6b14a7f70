"""The webhook channel: what is rendered, and what reaches the partner's endpoint."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from pytest_django import Settings
from standardwebhooks import Webhook

from delivery.channels.base import Configuration, Parcel, Receipt, Temporary
from delivery.channels.webhook import WebhookChannel
from leadflip import VERSION
from leadflip.run.state import PROJECT
from partners.kinds.webhook import WebhookConfig
from partners.sheet import Cell
from tests.delivery.calls import NOW, run
from tests.servers.behaviours import reply
from tests.servers.http import HttpServer, Received

JOB = UUID("0193600a-7d2f-7000-8000-000000000001")
LEAD = UUID("0193600a-7d2f-7000-8000-000000000002")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_" + "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQt"

ADDRESS = {"street": "Main St", "house_number": "12", "city": "Zürich", "latitude": 47.37}
CELLS = (
    Cell("first_name", "First name", "text", "Zoë"),
    Cell("amount", "Amount", "number", 1234.5),
    Cell("rooms", "Rooms", "number", 3),
    Cell("interests", "Interests", "multi_select", ["solar", "heat pump"]),
    Cell("owner", "Owner", "checkbox", True),
    Cell("rented", "Rented", "checkbox", False),
    Cell("call_at", "Call at", "datetime", "2026-11-25T09:30:00Z"),
    Cell("address", "Address", "address", ADDRESS),
    Cell("notes", "Notes", "textarea", "a&b=c\nd"),
    Cell("email", "Email", "email", None),
)
HEAD = {"lead_id": str(LEAD), "entity": "solar-lead", "created_at": "2026-11-24T10:30:00.250Z"}


def parcel(config: WebhookConfig, **more: Any) -> Parcel[WebhookConfig]:
    made = Parcel(
        id=JOB,
        attempt=1,
        lead_id=LEAD,
        entity="solar-lead",
        entity_id=1,
        partner_id=1,
        settings_id=1,
        lead_created_at=datetime(2026, 11, 24, 10, 30, 0, 250_000, tzinfo=UTC),
        cells=CELLS,
        config=config,
        secrets={},
        timeout=5,
        now=NOW,
    )
    return replace(made, **more)


def deliver(*parcels: Parcel[WebhookConfig]) -> Sequence[Receipt]:
    async def work() -> list[Receipt]:
        channel = WebhookChannel()
        try:
            return [await channel.send(channel.render(one), one) for one in parcels]
        finally:
            await channel.close()

    return run(work)


def arrived(server: HttpServer, config: WebhookConfig, **more: Any) -> Received:
    """The request that one delivery made."""
    deliver(parcel(config, **more))
    return server.requests[-1]


def misconfigured(config: WebhookConfig, **more: Any) -> Configuration:
    with pytest.raises(Configuration) as caught:
        deliver(parcel(config, **more))
    assert caught.value.error_class == "settings"
    return caught.value


# The body


@pytest.mark.usefixtures("loopback")
def test_json_body(http_server: HttpServer) -> None:
    request = arrived(http_server, WebhookConfig(http_server.url + "leads"))
    assert (request.method, request.path) == ("POST", "/leads")
    assert request.header("content-type") == "application/json"
    assert request.json() == {
        "first_name": "Zoë",
        "amount": 1234.5,
        "rooms": 3,
        "interests": ["solar", "heat pump"],
        "owner": True,
        "rented": False,
        "call_at": "2026-11-25T09:30:00Z",
        "address": ADDRESS,
        "notes": "a&b=c\nd",
        "email": None,
        **HEAD,
    }
    assert b"1234.5" in request.body
    assert "Zoë".encode() in request.body


@pytest.mark.usefixtures("loopback")
def test_form_body(http_server: HttpServer) -> None:
    request = arrived(http_server, WebhookConfig(http_server.url, format="form"))
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert request.form() == [
        *HEAD.items(),
        ("first_name", "Zoë"),
        ("amount", "1234.5"),
        ("rooms", "3"),
        ("interests", "solar"),
        ("interests", "heat pump"),
        ("owner", "true"),
        ("rented", "false"),
        ("call_at", "2026-11-25T09:30:00Z"),
        ("address.street", "Main St"),
        ("address.house_number", "12"),
        ("address.city", "Zürich"),
        ("address.latitude", "47.37"),
        ("notes", "a&b=c\nd"),
    ]


@pytest.mark.usefixtures("loopback")
def test_our_names_win(http_server: HttpServer) -> None:
    cells = (Cell("lead_id", "Lead", "text", "forged"), Cell("entity", "Entity", "text", "forged"))
    assert arrived(http_server, WebhookConfig(http_server.url), cells=cells).json() == HEAD


def test_half_a_character_is_replaced() -> None:
    cells = (Cell("first_name", "First name", "text", "a\ud83d"),)
    message = WebhookChannel().render(parcel(WebhookConfig("https://crm.example.com/"), cells=cells))
    assert json.loads(message.body)["first_name"] == "a?"


@pytest.mark.parametrize("format", ["json", "form"])
def test_same_parcel_gives_the_same_message(format: str) -> None:
    one = parcel(WebhookConfig("https://crm.example.com/", format=format))
    channel = WebhookChannel()
    assert channel.render(one) == channel.render(one)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.usefixtures("loopback")
def test_method(http_server: HttpServer, method: str) -> None:
    assert arrived(http_server, WebhookConfig(http_server.url, method)).method == method


# The headers


@pytest.mark.usefixtures("loopback")
def test_headers(http_server: HttpServer) -> None:
    config = WebhookConfig(http_server.url, headers=("X-API-Key", "Accept"))
    request = arrived(
        http_server, config, secrets={"headers": {"X-API-Key": "s3cret", "Accept": "text/plain"}}
    )
    assert request.header("x-api-key") == "s3cret"
    assert request.header("accept") == "text/plain"
    assert request.header("user-agent") == f"Leadflip/{VERSION}"
    assert request.header("accept-encoding") == "identity"
    assert request.header("webhook-id") == str(JOB)
    assert request.header("webhook-signature") is None
    assert request.header("content-length") == str(len(request.body))


def test_version_is_the_packages() -> None:
    assert f'version = "{VERSION}"' in (PROJECT / "pyproject.toml").read_text()


def test_message_names_the_headers_that_join_later() -> None:
    config = WebhookConfig("https://crm.example.com/", headers=("X-API-Key",), signing=True)
    message = WebhookChannel().render(parcel(config, secrets={"headers": {"X-API-Key": "s3cret"}}))
    assert set(message.headers) == {"content-type", "user-agent", "accept-encoding", "webhook-id"}
    assert message.joining == ("X-API-Key", "webhook-timestamp", "webhook-signature")


def test_test_lead_is_marked() -> None:
    config = WebhookConfig("https://crm.example.com/")
    assert WebhookChannel().render(parcel(config, test=True)).headers["webhook-test"] == "true"


# The signature


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("format", ["json", "form"])
@pytest.mark.usefixtures("loopback")
def test_reference_library_accepts_what_arrives(http_server: HttpServer, format: str) -> None:
    config = WebhookConfig(http_server.url, format=format, signing=True)
    signing = [{"secret": SECRET, "until": None}]
    verify(arrived(http_server, config, secrets={"signing": signing}), SECRET, format)


@time_machine.travel(NOW, tick=False)
@pytest.mark.usefixtures("loopback")
def test_both_secrets_verify_during_a_rotation(http_server: HttpServer) -> None:
    later = (NOW + timedelta(hours=1)).isoformat()
    signing = [{"secret": SECRET, "until": None}, {"secret": OLD_SECRET, "until": later}]
    config = WebhookConfig(http_server.url, signing=True)
    request = arrived(http_server, config, secrets={"signing": signing})
    verify(request, SECRET)
    verify(request, OLD_SECRET)


def verify(request: Received, secret: str, format: str = "json") -> None:
    """Raises unless the reference library accepts the request as it came over the wire."""
    headers = {name.lower(): value for name, value in request.headers}
    if format == "form":
        # The library parses JSON after verifying, so its own signature is compared instead.
        moment = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signed = Webhook(secret).sign(headers["webhook-id"], moment, request.body.decode())
        assert signed in headers["webhook-signature"].split(" ")
    else:
        Webhook(secret).verify(request.body.decode(), headers)


@pytest.mark.usefixtures("loopback")
def test_retry_has_the_same_id_and_a_new_timestamp(http_server: HttpServer) -> None:
    signing = {"signing": [{"secret": SECRET, "until": None}]}
    one = parcel(WebhookConfig(http_server.url, signing=True), secrets=signing)
    deliver(one, replace(one, attempt=2, now=NOW + timedelta(seconds=5)))
    first, second = http_server.requests
    assert first.header("webhook-id") == second.header("webhook-id") == str(JOB)
    assert first.body == second.body
    assert int(second.header("webhook-timestamp") or 0) - int(first.header("webhook-timestamp") or 0) == 5
    assert first.header("webhook-signature") != second.header("webhook-signature")


# Configuration errors (row 26)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "missing"),
        ("ftp://crm.example.com/", "ftp"),
        ("https://crm.example.com:22/", "Port 22"),
        ("http://127.0.0.1/", "closed to webhooks"),
        ("http://[::1]/", "closed to webhooks"),
        ("http://169.254.169.254/", "closed to webhooks"),
        ("https://a:s3cret@crm.example.com/", "custom header"),
    ],
)
def test_unusable_url(url: str, words: str) -> None:
    error = misconfigured(WebhookConfig(url))
    assert words in error.text
    assert "s3cret" not in error.text


def test_unusable_method() -> None:
    assert "DELETE" in misconfigured(WebhookConfig("https://crm.example.com/", "DELETE")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Key": "s3cret\r\nX-Other: 1"},
        {"X-Key": "s3crét"},
        {"X-Key": ""},
        {"X Key": "s3cret"},
        {"Host": "s3cret"},
        {"Webhook-Id": "s3cret"},
        {"X-Key\r\nX-Other": "s3cret"},
    ],
)
@pytest.mark.usefixtures("loopback")
def test_unusable_header_is_refused_at_send(http_server: HttpServer, headers: dict[str, str]) -> None:
    config = WebhookConfig(http_server.url, headers=tuple(headers))
    assert "s3cr" not in misconfigured(config, secrets={"headers": headers}).text
    assert http_server.requests == []


def test_header_without_stored_value() -> None:
    error = misconfigured(WebhookConfig("https://crm.example.com/", headers=("X-Key",)))
    assert "X-Key" in error.text


@pytest.mark.parametrize(
    "signing",
    [
        [],
        [{"secret": SECRET, "until": NOW.isoformat()}],
        [{"secret": "whsec_###", "until": None}],
    ],
)
def test_signing_without_usable_secret(signing: list[dict[str, str | None]]) -> None:
    config = WebhookConfig("https://crm.example.com/", signing=True)
    error = misconfigured(config, secrets={"signing": signing})
    assert "Signing is on" in error.text


def test_removed_header_is_not_sent_though_its_value_is_stored(
    http_server: HttpServer, settings: Settings
) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1/32"]
    request = arrived(http_server, WebhookConfig(http_server.url), secrets={"headers": {"X-Key": "s3cret"}})
    assert request.header("x-key") is None


# The outcome


@pytest.mark.usefixtures("loopback")
def test_receipt(http_server: HttpServer) -> None:
    http_server.script(reply(202, b"queued"))
    (receipt,) = deliver(parcel(WebhookConfig(http_server.url)))
    assert (receipt.answer.code, receipt.answer.text) == (202, "queued")


@pytest.mark.usefixtures("loopback")
def test_partners_timeout_holds(http_server: HttpServer) -> None:
    http_server.default = reply(200, delay=2)
    with pytest.raises(Temporary, match=r"within 0\.2 s") as caught:
        deliver(parcel(WebhookConfig(http_server.url), timeout=0.2))
    assert caught.value.outcome == "unknown"


@pytest.mark.usefixtures("loopback")
def test_many_calls_at_once(http_server: HttpServer) -> None:
    """Nothing holds calls to one host back: lanes share hosts."""
    http_server.default = reply(200, delay=0.3)

    async def work() -> None:
        channel = WebhookChannel()
        one = parcel(WebhookConfig(http_server.url))
        await asyncio.gather(*(channel.send(channel.render(one), one) for _ in range(150)))
        await channel.close()

    run(work)
    assert http_server.peak > 100
