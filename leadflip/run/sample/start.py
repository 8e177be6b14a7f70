"""The start page at `/`: every door, a sample lead on its way, and what works; in demo mode only.

Elsewhere it leads to the admin.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from distribution.intake.errors import IntakeError
from leadflip.run.sample import health, walk
from leadflip.run.sample.demo import ADMIN, KEY_PREFIX, OPERATOR, PARTNER, Demo

# What tells htmx to poll no more.
STOP = 286


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Shows the doors and `?lead=<id>` (else the newest sample lead) on its way; POST sends another one."""
    if not settings.DEMO:
        return redirect("admin:index") if request.method != "POST" else HttpResponseNotAllowed(["GET"])
    if request.method == "POST":
        return _send(request)
    if request.headers.get("HX-Request"):
        return _moved(request)
    return render(request, "sample/start.html", _page(request))


def _moved(request: HttpRequest) -> HttpResponse:
    """The steps anew where `?seen=<mark>` is not theirs; nothing asks again once all has ended."""
    found = _walk(request)
    if found is None or found.mark == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "sample/_walk.html", {"walk": found}, status=STOP if found.settled else 200)


def _page(request: HttpRequest) -> dict[str, Any]:
    return {
        "people": {"admin": ADMIN, "operator": OPERATOR, "partner": PARTNER},
        "key": KEY_PREFIX,
        "demo": Demo.known(settings.STATE),
        "walk": _walk(request),
        "health": health.parts(),
    }


def _walk(request: HttpRequest) -> walk.Walk | None:
    """None where there is no sample lead, or nobody to ask for it."""
    try:
        return walk.of(_id(request.GET.get("lead", "")))
    except Error:
        return None


def _send(request: HttpRequest) -> HttpResponse:
    try:
        lead_id = walk.send()
    except (IntakeError, walk.NoKey) as error:
        messages.error(request, _("The sample lead was not taken: %(why)s") % {"why": error})
        return redirect("start")
    return redirect(f"{reverse('start')}?lead={lead_id}#walk")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
