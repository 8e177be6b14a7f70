"""Leads staff without a second factor to set one up before anything else, where the setting asks for it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from partners.accounts import factor

BEHIND = ("/admin/", "/portal/", "/account/")
# The other factor, and the ways out.
OPEN = ("mfa_add_webauthn", "admin:logout", "portal:logout")


class Required:
    """After the sign-in and htmx have their say. Signing out and setting up stay open."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(BEHIND) or not factor.is_missing(request.user):
            return self.get_response(request)
        way = reverse("mfa_activate_totp")
        if request.path in (way, *map(reverse, OPEN)):
            return self.get_response(request)
        if getattr(request, "htmx", False):
            return HttpResponse(status=204, headers={"HX-Redirect": way})
        return HttpResponseRedirect(way)
