"""What the log says of a request."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_request_is_one_line_that_says_who_and_how_it_ended(
    client: Client, caplog: pytest.LogCaptureFixture
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
