"""A secret that is shown one time."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.cache import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from leadflip.kit import once
from partners.models import User


@pytest.fixture
def request_of(db: None) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.user = User(pk=7, email="ana@example.com")
    return request


def keep(request: HttpRequest) -> None:
    once.keep(request, title="Key", text="What for", secret="planted-secret", back="/back/")


def shown(request: HttpRequest) -> str:
    context: dict[str, Any] = {"site_title": "Leadflip"}
    return once.page(request, context).content.decode()


def test_it_is_shown_and_forgotten(request_of: HttpRequest) -> None:
    keep(request_of)
    html = shown(request_of)
    assert "planted-secret" in html
    assert 'href="/back/"' in html
    assert "planted-secret" not in shown(request_of)


def test_it_is_sealed_in_between(request_of: HttpRequest) -> None:
    keep(request_of)
    assert "planted-secret" not in str(dict(request_of.session.items()))


def test_way_leads_there_only_if_something_is_kept(request_of: HttpRequest) -> None:
    assert once.way(request_of) is None
    keep(request_of)
    answer = once.way(request_of)
    assert answer is not None
    assert answer.headers["Location"] == "/admin/once/"


def test_another_person_in_the_session_sees_nothing(request_of: HttpRequest) -> None:
    keep(request_of)
    request_of.user = AnonymousUser()
    assert "planted-secret" not in shown(request_of)


def test_a_lost_key_shows_nothing(request_of: HttpRequest, settings: Any) -> None:
    keep(request_of)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "planted-secret" not in shown(request_of)
