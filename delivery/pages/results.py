"""How delivery to one partner goes: its last ten jobs, the week in a sentence, and what is held back."""

from collections import Counter
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from delivery import destinations
from delivery.models import Job
from delivery.models.job import Status
from delivery.pages import lanes, log
from leadflip.kit import clock, show
from leadflip.kit.ids import first_of
from leadflip.kit.needs import needs
from leadflip.kit.show import MOST
from partners.admin.base import person
from partners.models import Partner

LAST = 10
WEEK = timedelta(days=7)


@require_safe
@needs("delivery.view_job")
def results(request: HttpRequest, partner_id: int) -> HttpResponse:
    """A part of the partner's page, which asks for it once it is there; tests are left out."""
    return part(request, partner_id)


def part(request: HttpRequest, partner_id: int, told: str = "") -> HttpResponse:
    """The same, with what is to be said of an action before it."""
    partner = get_object_or_404(Partner, pk=partner_id)
    jobs = Job.objects.filter(partner=partner, test=False).order_by("-id")
    found = {
        "partner": partner,
        "lines": log.lines(list(jobs.select_related("partner", "policy")[:LAST])),
        "health": _health(Counter(_week(partner))),
        "slowed": lanes.slowed(partner),
        "may_try": request.user.has_perm("delivery.act_lane"),
        "told": told,
    }
    return render(request, "delivery/_results.html", found)


@require_POST
@needs("delivery.act_lane")
def try_now(request: HttpRequest, partner_id: int, lane_id: int) -> HttpResponse:
    """Lets one job try a slowed destination at once, and shows how it stands then."""
    get_object_or_404(Partner, pk=partner_id)
    found = destinations.probe(lane_id=lane_id, by=person(request))
    told = (
        _("Its first job tries it now. Look again in some seconds.")
        if found
        else _("It is not left alone any more, or is being tried at this moment.")
    )
    if getattr(request, "htmx", False):
        return part(request, partner_id, told)
    messages.info(request, told)
    return redirect("admin:partners_partner_change", partner_id)


def _week(partner: Partner) -> list[str]:
    """How the newest of this week's jobs ended, MOST at the most."""
    ended = Job.objects.filter(partner=partner, test=False, id__gte=first_of(clock.now() - WEEK))
    ended = ended.filter(status__in=[Status.DELIVERED, Status.FAILED]).order_by("-id")
    return list(ended.values_list("status", flat=True)[:MOST])


def _health(ended: "Counter[str]") -> str:
    """«98 % of 412 delivered in the last 7 days»; "" where nothing ended."""
    if not (count := ended.total()):
        return ""
    named = {"part": show.number(100 * ended[Status.DELIVERED] // count), "count": show.number(count)}
    if count == MOST:
        return _("%(part)s %% of the last %(count)s delivered") % named
    return _("%(part)s %% of %(count)s delivered in the last 7 days") % named
