"""What each line of a request's log carries: id, address, and who is signed in."""

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
