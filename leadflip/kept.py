"""What somebody typed into a form whose session had ended: kept for a quarter of an hour, sent after sign-in.

Only what our own pages sent is kept. It stands sealed in the shared cache under a name that nobody can
guess, without passwords and header values; whoever signs in next in that browser finds it and sends it
with one button.
"""

import base64
import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leadflip.kit import crypto
from partners.accounts import doors
from partners.accounts.doors import Door

SECONDS = 15 * 60
MOST_BYTES = 64 * 1024
APP = "kept"
LIMIT = {APP: "10/m/ip"}
OWNER = "kept:"
# Fields that no page shows again: passwords, the values of custom headers, pasted requests, the token.
SECRET = re.compile(r"password|header_\d+_value$|^pasted_|^csrfmiddlewaretoken$", re.I)
UNREADABLE = (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError)


def keep(request: HttpRequest) -> str:
    """Keeps a POST's fields. Returns the address of the page that shows them, "" where nothing is kept."""
    if not _is_form_of_ours(request) or not ratelimit.consume(
        request, app="kept", action="kept", config=LIMIT
    ):
        return ""
    name = secrets.token_urlsafe(24)
    typed = {"path": request.get_full_path(), "fields": _fields(request), "files": bool(request.FILES)}
    cache.set(OWNER + name, base64.b64encode(crypto.seal(OWNER + name, typed)).decode(), SECONDS)
    return reverse("kept", args=[name])


def door_of(path: str) -> Door:
    """The door in front of a page."""
    return doors.PORTAL if doors.PORTAL.owns(path) else doors.ADMIN


def through(door: Door, page: str) -> str:
    """The address of a sign-in page that leads on to `page`."""
    return f"{door.way()}?{urlencode({'next': page})}"


def keep_typed(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], Any]:
    """Middleware: a form that would be lost on the way to a door is kept."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.method != "POST" or not _leads_to_a_door(response) or request.user.is_authenticated:
            return response
        page = keep(request)
        return HttpResponseRedirect(through(door_of(request.path), page)) if page else response

    return middleware


@never_cache
@login_not_required
@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    """What was typed, with the button that sends it to where it was going."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(through(doors.asked(request), request.path))
    door, found = doors.of(request.user), _found(name)
    shown = [(name, value) for name, value in found.get("fields", []) if value and _is_typed(name)]
    context = {"door": door, "home": reverse(door.home), "shown": shown, **found}
    return render(request, "account/kept.html", context)


def _found(name: str) -> dict[str, Any]:
    sealed = cache.get(OWNER + name)
    if sealed is None:
        return {}
    try:
        typed: dict[str, Any] = crypto.unseal(OWNER + name, base64.b64decode(sealed))
    except crypto.SealError:
        return {}
    return typed


def _leads_to_a_door(response: HttpResponseBase) -> bool:
    if response.status_code != 302:
        return False
    ways = {reverse("admin:login"), *(door.way() for door in doors.DOORS.values())}
    return urlsplit(response.headers["Location"]).path in ways


def _is_form_of_ours(request: HttpRequest) -> bool:
    """A form, not a part of a page that asks by itself, not a sign-in, and from a page of this site."""
    shut = request.path.startswith(("/account/", "/api/", "/portal/join/")) or request.path in _doorways()
    if shut or request.headers.get("HX-Request") or int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return False
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    return urlsplit(origin).netloc == request.get_host() and bool(_fields(request))


def _doorways() -> set[str]:
    return {reverse(name) for name in ("admin:login", "admin:logout", "portal:login", "portal:logout")}


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Names and values as they were sent, but for secrets and the old token."""
    try:
        lists = list(request.POST.lists())
    except UNREADABLE:
        return []
    return [(name, value) for name, values in lists if not _is_secret(name) for value in values]


def _is_typed(name: str) -> bool:
    """Not a button, nor what the admin counts its rows by."""
    return not name.startswith("_") and not name.endswith("_FORMS")


def _is_secret(name: str) -> bool:
    return bool(SECRET.search(name))
