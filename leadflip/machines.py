"""Requests of programs: without session, form and messages they go past what serves pages alone.

A tenth of what a lead costs the web process was theirs.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.urls import resolve

from leadflip.request_log import RequestLog

Answer = Callable[[HttpRequest], HttpResponseBase]

# Of all addresses of the API those that are asked all day; none of them shows a page.
PATHS = ("/api/intake", "/api/leads/")


def past_pages(people: Answer) -> Answer:
    """A middleware: all behind it is for other addresses than PATHS."""
    view: Any = convert_exception_to_response(_view)
    machines: Any = XFrameOptionsMiddleware(RequestLog(view))

    def middleware(request: HttpRequest) -> HttpResponseBase:
        found: HttpResponseBase = (machines if request.path_info.startswith(PATHS) else people)(request)
        return found

    return middleware


# Trying one pattern after the other is a twentieth of what a lead costs; the few fixed addresses stay.
match = lru_cache(maxsize=64)(resolve)


def _view(request: HttpRequest) -> HttpResponseBase:
    """As Django would call it, with what its CommonMiddleware does for an answer that is no page."""
    request.get_host()  # refuses what ALLOWED_HOSTS does not name
    found = request.resolver_match = match(request.path_info)
    answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
    if isinstance(answer, HttpResponse):
        answer.headers.setdefault("Content-Length", str(len(answer.content)))
    return answer
