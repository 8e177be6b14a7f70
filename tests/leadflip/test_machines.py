"""What the API's busy addresses keep of what they go past."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from leadflip import machines
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def post(client: Client, **headers: str) -> Any:
    return client.post("/api/intake", "{}", content_type="application/json", headers=headers)


def test_a_foreign_host_is_refused(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["leads.example.com"]
    answers = [post(Client(), host=host) for host in ("leads.example.com", "else.example")]
    assert [answer.status_code for answer in answers] == [401, 400]
    assert answers[0]["Content-Length"] == str(len(answers[0].content))


def test_what_fails_unforeseen_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(machines, "match", fail)
    answer = post(Client(raise_request_exception=False))
    assert answer.status_code == 500
    assert b"planted" not in answer.content


def test_a_session_is_not_even_read(client: Client) -> None:
    client.force_login(UserFactory.create(admin=True))
    answer = post(client)
    assert answer.status_code == 401
    assert "Cookie" not in answer.get("Vary", "")
    assert not answer.cookies
