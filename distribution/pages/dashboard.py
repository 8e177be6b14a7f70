"""The admin's first page: what needs somebody, today against yesterday, the last 24 hours."""

from functools import partial
from hashlib import blake2b
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delivery import metrics
from delivery.alerts.needs import Need, needs
from delivery.models import Hourly
from distribution import cap_uses
from distribution.models import HourlyLeads
from distribution.pages import figures, set_up
from distribution.pages.figures import JOBS, LEADS, Days, May, Tile
from leadflip.kit import clock, matters

CAPS = 5
PROFILES = "distribution.view_profile"


def dashboard(request: HttpRequest) -> HttpResponse:
    """The page; what somebody may not see is not on it, and what cannot be read says so."""
    shown = _now(request)
    page = {**admin.site.each_context(request), "title": _("Dashboard")}
    return render(request, "admin/index.html", {**page, "now": shown, "mark": _mark(shown)})


@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """What changes of it; 204 where it is as `?seen=<mark>` says."""
    shown = _now(request)
    if request.GET.get("seen") == _mark(shown):
        return HttpResponse(status=204)
    return render(request, "distribution/_dashboard_now.html", {"now": shown, "mark": _mark(shown)})


def _now(request: HttpRequest) -> dict[str, str]:
    """Each part of the page as HTML, by name."""
    found = _figures(request.user.has_perm)
    names = ("set_up", "needs", "tiles", "hours", "lists")
    return {name: render_to_string(f"distribution/_dashboard_{name}.html", found, request) for name in names}


def _mark(shown: dict[str, str]) -> str:
    return blake2b("".join(shown.values()).encode(), digest_size=8).hexdigest()


def _figures(may: May) -> dict[str, Any]:
    """All that the parts show. Nine queries at most."""
    days, read = Days(clock.now()), matters.attempt
    looks = read("matters", partial(matters.looks, may)) or {}
    counting = figures.counting(may, days)
    rows = {name: look.rows for name, look in looks.items()}
    counts = matters.counts({**set_up.looks(), **counting, **rows})
    leads = read("leads", partial(figures.by_hour, HourlyLeads, days)) if may(LEADS) else None
    attempts = read("attempts", partial(figures.by_hour, Hourly, days)) if may(JOBS) else None
    told = matters.told(looks, counts)
    return {
        "steps": set_up.steps(may, counts),
        "needs": read("alerts", partial(needs, told)) or [Need(each) for each in told],
        "tiles": [*figures.tiles(may, days, leads, attempts, counts), *_due(may)],
        "charts": _charts(may, leads, attempts, days),
        "may_jobs": may(JOBS),
        "slowest": read("slowest", partial(figures.slowest, days)) if may(JOBS) else None,
        "may_caps": may(PROFILES),
        "caps": read("caps", partial(cap_uses.nearest, cap_uses.NEARLY, CAPS)) if may(PROFILES) else None,
    }


def _due(may: May) -> list[Tile]:
    if not may(JOBS):
        return []
    seconds = matters.attempt("oldest_due", metrics.oldest_due)
    value = None if seconds is None else figures.oldest_due(seconds)
    return [Tile("due", _("Due longest"), value)]


def _charts(may: May, leads: Any, attempts: Any, days: Days) -> list[tuple[str, Any]]:
    """(title, bars); None for bars that could not be read."""
    wanted = [(LEADS, _("Leads in"), leads), (JOBS, _("Attempts"), attempts)]
    return [
        (title, None if sums is None else figures.bars(sums, days))
        for permission, title, sums in wanted
        if may(permission)
    ]
