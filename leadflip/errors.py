"""The pages of refused and failed requests."""

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from leadflip import kept, refusals


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what was sent cannot be read."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but not allowed to. Says who may, and where the person's own pages are."""
    return _page(request, 403, **refusals.facts(request, exception))


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was opened in a session that has ended meanwhile. What was typed is kept."""
    page, signed_out = kept.keep(request), not request.user.is_authenticated
    way = page or request.path
    if page and signed_out:
        way = kept.through(kept.door_of(request.path), page)
    return _page(request, 403, "403_csrf", kept=page, signed_out=signed_out, way=way)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429: more attempts came from one place than a person makes."""
    response = _page(request, 429)
    response["Retry-After"] = "60"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or none that this person may know of."""
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: without a request in the context, so that no context processor asks the database."""
    return render(None, "errors/500.html", _facts(), status=500)


def _page(request: HttpRequest, status: int, name: str = "", **more: Any) -> HttpResponse:
    return render(request, f"errors/{name or status}.html", {**_facts(), **more}, status=status)


def _facts() -> dict[str, str]:
    """What the page quotes: the id under which the request stands in the logs."""
    return {"request_id": structlog.contextvars.get_contextvars().get("request_id", "")}
