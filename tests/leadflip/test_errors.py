"""The pages of refused and failed requests: what happened, what was saved, what to do."""

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path

from leadflip import urls


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    raise {"400": BadRequest("why"), "403": PermissionDenied("why"), "500": RuntimeError("why")}[kind]


class Failing:
    """The project's addresses with one that fails as told."""

    urlpatterns = [*urls.urlpatterns, path("fail/<str:kind>/", fail)]
    handler400, handler403 = urls.handler400, urls.handler403
    handler404, handler500 = urls.handler404, urls.handler500


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/fail/400/", 400, "This request could not be read"),
        ("/fail/403/", 403, "Your login does not reach this page"),
        ("/nothing/here/", 404, "There is no such page"),
        ("/fail/500/", 500, "Something broke on our side"),
    ],
)
@override_settings(ROOT_URLCONF=Failing)
def test_error_page_says_what_to_do(db: None, address: str, status: int, words: str) -> None:
    page = Client(raise_request_exception=False).get(address)
    assert page.status_code == status
    assert f"<h1>{words}</h1>" in page.text
    assert "why" not in page.text
    assert "Content-Security-Policy" in page


@override_settings(ROOT_URLCONF=Failing)
def test_server_error_quotes_the_id_of_the_log(db: None, caplog: pytest.LogCaptureFixture) -> None:
    page = Client(raise_request_exception=False).get("/fail/500/")
    logged = next(record.msg["request_id"] for record in caplog.records if isinstance(record.msg, dict))
    assert f">{logged}</span>" in page.text


@override_settings(ROOT_URLCONF=Failing)
def test_server_error_asks_no_database(db: None) -> None:
    client = Client(raise_request_exception=False)
    with CaptureQueriesContext(connection) as queries:
        client.get("/fail/500/")
    assert len(queries) == 0


def test_form_of_an_ended_session_is_told_so(db: None) -> None:
    page = Client(enforce_csrf_checks=True).post("/portal/login/", {"username": "a", "password": "b"})
    assert page.status_code == 403
    assert "Your session ended while the form was open" in page.text
