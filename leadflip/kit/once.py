"""A secret that was just made is shown one time: on the page after the save, and never again.

Between the save and that page it stands sealed in the session.
"""

import base64
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from leadflip.kit import crypto

SLOT = "once"


def keep(request: HttpRequest, *, title: str, text: str, secret: str, back: str) -> None:
    """Keeps `secret` for the one page that shows it; answer with `way`.

    `title` heads the page, `text` says what the secret is for, `back` is where its button leads.
    """
    told = {"title": title, "text": text, "secret": secret, "back": back}
    request.session[SLOT] = base64.b64encode(crypto.seal(_owner(request), told)).decode()


def way(request: HttpRequest) -> HttpResponse | None:
    """The way to the page, if something is kept for it."""
    return HttpResponseRedirect(reverse("admin:once")) if SLOT in request.session else None


@never_cache
def page(request: HttpRequest, context: dict[str, Any], template: str = "admin/once.html") -> HttpResponse:
    """Shows and forgets what was kept; says so where nothing is."""
    return render(request, template, {**context, **taken(request)})


def taken(request: HttpRequest) -> dict[str, Any]:
    """What was kept, which is then forgotten; empty where nothing is."""
    sealed = request.session.pop(SLOT, None)
    if sealed is None:
        return {}
    try:
        told: dict[str, Any] = crypto.unseal(_owner(request), base64.b64decode(sealed))
    except crypto.SealError:
        return {}
    return told


def _owner(request: HttpRequest) -> str:
    return f"once:{request.user.pk}"
