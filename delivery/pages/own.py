"""What was handed to a partner, for its own people: each delivery, its attempts, and what they may do."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from delivery import destinations, services, trial
from delivery.addresses import own_webhook
from delivery.models import Job, Lane
from delivery.models.job import SETTLED, Status
from delivery.pages import exchange, trail, words
from delivery.refusal import Refused
from leadflip.kit import clock, paging
from leadflip.kit.crypto import SealError
from partners import audit
from partners.draft import Draft
from partners.models import DeliverySettings, May
from partners.models.settings import Kind
from partners.sheet import reader
from portal.access import Place, partner_page
from portal.models import EntryEvent
from portal.reading import summaries
from portal.services import noted

BADLY = [Status.FAILED, Status.CANCELLED]
TABS = {"": gettext_lazy("All"), "badly": gettext_lazy("Not delivered")}
# Whose entities a test may be of: those of the partner's latest jobs.
LATEST = 20


@require_safe
@partner_page
def index(request: HttpRequest, place: Place) -> HttpResponse:
    """The deliveries, newest first; `?show=badly`: those that failed or were cancelled."""
    need(place, May.DELIVERIES)
    shown = request.GET.get("show", "") if request.GET.get("show") in TABS else ""
    jobs = Job.objects.filter(partner=place.partner).select_related("settings", "policy")
    page = paging.page(jobs.filter(status__in=BADLY) if shown else jobs, request.GET)
    names = summaries(page.rows)
    context = {
        "tabs": TABS.items(),
        "shown": shown,
        "page": page,
        "jobs": [(job, names[job.id], words.sentence(job, clock.now())) for job in page.rows],
        "test_of": entities(place) if place.may(May.TEST) else [],
        **_state(place),
    }
    return _page(request, place, "own_deliveries", **context)


@require_safe
@partner_page
def one(request: HttpRequest, place: Place, job_id: UUID) -> HttpResponse:
    """One delivery with its attempts; `?attempt=<id>` names the one whose bytes can be opened."""
    need(place, May.DELIVERIES)
    return _one(request, place, _own(place, job_id))


@require_POST
@partner_page
def sent(request: HttpRequest, place: Place, job_id: UUID) -> HttpResponse:
    """The same page with what was sent and answered at one attempt, which the history then tells."""
    need(place, May.DELIVERIES)
    job = _own(place, job_id)
    _note(place, EntryEvent.Kind.OPENED, job.id)
    return _one(request, place, job, opened=True)


@require_POST
@partner_page
def resend(request: HttpRequest, place: Place, job_id: UUID) -> HttpResponse:
    """Sends a failed or cancelled one again."""
    need(place, May.RESEND)
    job = _own(place, job_id)
    try:
        with transaction.atomic():
            services.resend(job_id=job.id)
            audit.acted(by=place.user, what=_("Resend"), objects=[job])
            _note(place, EntryEvent.Kind.RESENT, job.id)
    except Refused as refused:
        messages.error(request, refused.refusal.label)
    else:
        messages.success(request, _("Sent again from now on, under the same id."))
    return redirect("own_deliveries:one", job.id)


@require_POST
@partner_page
def test(request: HttpRequest, place: Place) -> HttpResponse:
    """Sends a made-up lead of one of the partner's entities the way its leads go."""
    need(place, May.TEST)
    entity_id = next((id for id, _name in entities(place) if str(id) == request.POST.get("entity")), None)
    row = place.partner.default_settings
    if entity_id is None or row is None:
        raise Http404
    try:
        with transaction.atomic():
            lead_id = reader().sample(entity_id)
            job = trial.send_test(partner=place.partner, draft=Draft.of(row), lead_id=lead_id, by=place.user)
            _note(place, EntryEvent.Kind.TESTED, job.id)
    except trial.Untestable as why:
        messages.error(request, str(why))
    except SealError:
        messages.error(request, _("Your connection's secrets cannot be opened. Ask your operator."))
    else:
        return redirect("own_deliveries:one", job.id)
    return redirect("own_deliveries:index")


@require_POST
@partner_page
def pause(request: HttpRequest, place: Place) -> HttpResponse:
    """Lets the partner's deliveries wait."""
    need(place, May.PAUSE)
    with transaction.atomic():
        if destinations.pause_all(place.partner, by=place.user):
            _note(place, EntryEvent.Kind.PAUSED)
            messages.success(request, _("Paused. New leads are kept for you and wait."))
    return redirect("own_deliveries:index")


@require_POST
@partner_page
def resume(request: HttpRequest, place: Place) -> HttpResponse:
    """Ends a pause that one of the partner's own people made."""
    need(place, May.PAUSE)
    with transaction.atomic():
        done = [
            destinations.resume(lane.settings_id, by=place.user)
            for lane in _paused(place)
            if _is_own(place, lane)
        ]
        if any(done):
            _note(place, EntryEvent.Kind.RESUMED)
            messages.success(request, _("Resumed. What waited follows step by step."))
    return redirect("own_deliveries:index")


def need(place: Place, what: May) -> None:
    """404 for what this person may not do: a page that nobody told them of."""
    if not place.may(what):
        raise Http404


def _own(place: Place, job_id: UUID) -> Job:
    rows = Job.objects.select_related("settings__lane", "policy", "partner")
    return get_object_or_404(rows, id=job_id, partner=place.partner)


def _one(request: HttpRequest, place: Place, job: Job, *, opened: bool = False) -> HttpResponse:
    tries = list(job.tries.order_by("number", "late"))
    asked = request.POST.get("attempt") or request.GET.get("attempt", "")
    chosen = trail.chosen(tries, asked)
    context = {
        "job": job,
        "summary": summaries([job])[job.id],
        "sentence": words.sentence(job, clock.now()),
        "attempts": words.attempts(job),
        "steps": trail.steps(job, tries, chosen),
        "chosen": chosen,
        "exchange": exchange.kept(job, chosen, opened=opened) if chosen and job.kind != Kind.PORTAL else None,
        "again": job.status in BADLY and not (job.test or job.erased) and place.may(May.RESEND),
        "settled": job.status in SETTLED,
    }
    return _page(request, place, "own_delivery", **context)


def _state(place: Place) -> dict[str, Any]:
    """Whether deliveries wait, and what this person may do about it.

    E-mail has one lane for all partners, which no partner holds up.
    """
    rows = list(destinations.webhooks(place.partner).select_related("lane__paused_by"))
    lanes = [row.lane for row in rows if hasattr(row, "lane")]
    paused = [lane for lane in lanes if lane.paused_at is not None]
    slowed = next(filter(None, map(words.slowed, lanes)), "")
    may = place.may(May.PAUSE) and bool(rows)
    return {
        "paused": words.pause(paused[0]) if paused else "",
        "slowed": "" if paused else slowed,
        "may_pause": may and not paused,
        "may_resume": may and any(_is_own(place, lane) for lane in paused),
        "may_move": place.is_owner and place.may(May.ADDRESS) and own_webhook(place.partner) is not None,
        "may_renew": place.may(May.SECRETS) and any(map(_is_signed, rows)),
    }


def signed(place: Place) -> QuerySet[DeliverySettings]:
    """The partner's own webhook, where it is signed."""
    return destinations.webhooks(place.partner).filter(scope="", config__signing=True)


def _is_signed(row: DeliverySettings) -> bool:
    """As `signed` finds it."""
    return not row.scope and row.config.get("signing") is True


def _paused(place: Place) -> list[Lane]:
    lanes = Lane.objects.filter(settings__in=destinations.webhooks(place.partner), paused_at__isnull=False)
    return list(lanes.select_related("paused_by").order_by("id"))


def _is_own(place: Place, lane: Lane) -> bool:
    """Whether one of the partner's people paused it: what an operator paused, an operator resumes."""
    by = lane.paused_by
    return by is not None and not by.is_staff and by.memberships.filter(partner=place.partner).exists()


def entities(place: Place) -> list[tuple[int, str]]:
    """Those that the partner gets leads of, by name."""
    row = place.partner.default_settings
    named = {int(key) for key in row.per_entity if key.isdigit()} if row else set()
    latest = Job.objects.filter(partner=place.partner).order_by("-id").values_list("lead_id", flat=True)
    met = {sheet.entity_id for sheet in reader().sheets(latest[:LATEST]).values()}
    return [(id, name) for id, name in reader().entities() if id in named | met]


def _note(place: Place, kind: EntryEvent.Kind, job_id: UUID | None = None) -> None:
    noted(partner=place.partner, user=place.user, kind=kind, at=clock.now(), job=job_id)


def _page(request: HttpRequest, place: Place, name: str, **context: Any) -> HttpResponse:
    return render(request, f"delivery/{name}.html", {"place": place, **context})
