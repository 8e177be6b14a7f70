"""What each line of a request's log carries: id, address, and who is signed in; and that it is one line."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.factories import UserFactory


def finished(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return next(line for line in reversed(lines) if line["event"] == "request_finished")


def test_address_is_the_one_that_the_proxies_vouch_for(
    client: Client, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PROXIES = 1
    client.get("/nothing/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    line = finished(caplog)
    assert line["ip"] == "203.0.113.9"
    assert line["request_id"]
    assert "user_id" not in line


def test_who_is_signed_in(db: None, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    person = UserFactory.create()
    client.force_login(person)
    client.get("/nothing/")
    assert finished(caplog)["user_id"] == person.pk


def test_a_request_is_one_line_that_says_how_it_ended(
    db: None, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="django_structlog"):
        client.get("/account/login/", REMOTE_ADDR="192.0.2.7")
        client.post("/api/intake", "{}", content_type="application/json", REMOTE_ADDR="192.0.2.8")
    said: list[Any] = [record.msg for record in caplog.records if record.name.startswith("django_structlog")]
    assert [(line["event"], line["request"], line["code"], line["ip"]) for line in said] == [
        ("request_finished", "GET /account/login/", 200, "192.0.2.7"),
        ("request_finished", "POST /api/intake", 401, "192.0.2.8"),
    ]
    assert len({line["request_id"] for line in said}) == 2
