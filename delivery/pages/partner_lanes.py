"""All destinations of one partner at once: what would follow of pausing or resuming them, and doing it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from delivery import destinations, standing
from delivery.pages.lane_words import Row, row_of
from leadflip.kit import clock, show
from leadflip.kit.needs import needs
from leadflip.kit.paging import SIZE
from partners.admin.base import person
from partners.models import DeliverySettings, Partner
from partners.models.settings import Kind

PAUSE, RESUME = "pause", "resume"
TITLES: Mapping[str, Any] = {
    PAUSE: gettext_lazy("Pause all destinations"),
    RESUME: gettext_lazy("Resume all destinations"),
}
FOLLOWS: Mapping[str, list[Any]] = {
    PAUSE: [
        gettext_lazy("Leads are still routed to this partner, and take places of its caps. Its jobs wait."),
        gettext_lazy("Waiting costs them no attempt, and they do not grow too old by it."),
        gettext_lazy("What is being sent at this moment ends as it would. Test leads go out."),
    ],
    RESUME: [
        gettext_lazy("One job goes first and, as it answers, 2, 4, 8 at once: each destination by itself."),
        gettext_lazy("What waits is sent in the order of its times, new leads among them."),
    ],
}
DO: Mapping[str, Callable[..., int]] = {PAUSE: destinations.pause_all, RESUME: destinations.resume_all}


@require_http_methods(["GET", "HEAD", "POST"])
@needs("delivery.act_lane")
def act(request: HttpRequest, partner_id: int, action: str) -> HttpResponse:
    """Says what follows of `action`; a POST does it."""
    if action not in DO:
        raise Http404
    partner = get_object_or_404(Partner, pk=partner_id)
    if request.method == "POST":
        messages.success(request, _done(action, DO[action](partner, by=person(request))))
        return redirect("delivery:destinations")
    lanes = standing.lanes().filter(partner=partner)[:SIZE]
    rows = [row_of(each, may_act=False) for each in standing.standings(lanes, clock.now())]
    context = {
        **admin.site.each_context(request),
        "title": TITLES[action],
        "subtitle": partner.name,
        "partner": partner,
        "action": action,
        "rows": rows,
        "follows": FOLLOWS[action],
        "waits": _waits(rows),
        "count": sum((row.standing.rank == standing.PAUSED) is (action == RESUME) for row in rows),
        "others": _others(partner),
    }
    return render(request, "delivery/partner_lanes.html", context)


def _waits(rows: list[Row]) -> str:
    count = sum(row.standing.backlog for row in rows)
    told = ngettext("%(count)s job waits for them now.", "%(count)s jobs wait for them now.", count)
    return told % {"count": show.count(count)}


def _others(partner: Partner) -> list[str]:
    """What goes on for this partner whatever is done here."""
    kinds = set(DeliverySettings.objects.filter(partner=partner).values_list("kind", flat=True).distinct())
    told = {
        Kind.EMAIL: _("E-mail to it goes on: all e-mail is one destination of its own."),
        Kind.PORTAL: _("What goes to its portal goes on: nothing is called there."),
    }
    return [words for kind, words in told.items() if kind in kinds]


def _done(action: str, count: int) -> str:
    if action == PAUSE:
        told = ngettext(
            "%(count)d destination was paused: its jobs wait until somebody resumes it.",
            "%(count)d destinations were paused: their jobs wait until somebody resumes them.",
            count,
        )
    else:
        told = ngettext("%(count)d destination was resumed.", "%(count)d destinations were resumed.", count)
    return told % {"count": count} if count else _("There was nothing left to do.")
