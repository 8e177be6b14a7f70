"""What became of a test lead: in place, looked at every half second until it has ended; or a page."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from delivery.metrics import troubles
from delivery.models import Attempt, Job, Lane
from delivery.models.job import SETTLED, Status
from delivery.pages import exchange, fixes, words
from delivery.preview import SHAPES
from leadflip.kit import clock, show
from leadflip.kit.needs import needs
from partners.models.settings import Kind

# Seconds after which a waiting test says what it waits for.
PATIENCE = 3
# Errors of e-mail that are mended in the e-mail settings.
OF_ACCOUNT = ("auth", "not_configured", "smtp_5xx", "tls", "dns", "refused")


@never_cache
@require_safe
@needs("delivery.view_job")
def trial(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The state of one test."""
    job = get_object_or_404(Job.objects.select_related("partner", "settings", "policy"), id=job_id, test=True)
    if getattr(request, "htmx", False):
        return part(request, job)
    page = {**admin.site.each_context(request), "title": _("Test lead")}
    return render(request, "delivery/trial.html", {**page, **_state(request, job)})


def part(request: HttpRequest, job: Job, *, new_secret: bool = False) -> HttpResponse:
    """The state as a part of a page, which asks again until the test has ended."""
    return render(request, "delivery/_trial.html", {**_state(request, job), "new_secret": new_secret})


def _state(request: HttpRequest, job: Job) -> dict[str, Any]:
    attempt = job.tries.order_by("-id").first()
    # The lead of a test is made up.
    kept = exchange.of(request.user, job, attempt, opened=True)
    return {
        "job": job,
        "attempt": attempt,
        "settled": job.status in SETTLED,
        "words": _words(job, attempt),
        "fix": fixes.fix(job) if job.status == Status.FAILED else "",
        "exchange": kept,
        "signed": _signed(job, kept),
        "waits_for": _waits_for(job),
        "smtp": job.kind == Kind.EMAIL and job.last_error_class in OF_ACCOUNT,
    }


def _words(job: Job, attempt: Attempt | None) -> str:
    if job.status == Status.DELIVERED:
        return _DELIVERED[Kind(job.kind)]
    if job.status in SETTLED:
        return job.last_error or job.reason
    return _("On its way.") if job.status == Status.SENDING else _("Waits for a worker.")


_DELIVERED = {
    Kind.WEBHOOK: _("The partner's endpoint took it."),
    Kind.EMAIL: _("The mail server took the e-mail. Look into the recipients' mailbox."),
    Kind.PORTAL: _("All is well. A test puts nothing into the partner's feed."),
}


def _signed(job: Job, kept: exchange.Exchange | None) -> list[tuple[str, str]]:
    """The webhook headers' names, with those values that are known without being kept."""
    secret = dict.fromkeys(job.settings.config.get("headers") or (), show.MASK)
    shown = {**secret, **SHAPES, "webhook-id": job.webhook_id}
    names = kept.request.get("headers", []) if kept else []
    return [(name, shown.get(name, show.EMPTY)) for name in names]


def _waits_for(job: Job) -> str:
    """Why a test does not begin; "" where it did, or only just came."""
    if job.status in (*SETTLED, Status.SENDING) or (clock.now() - job.created_at).total_seconds() < PATIENCE:
        return ""
    with connection.cursor() as cursor:
        idle = "worker" in troubles(cursor)
    if idle:
        return _("No worker is running. Start one: make run, or celery -A leadflip worker.")
    if job.kind == Kind.EMAIL and (slowed := words.slowed(Lane.objects.filter(smtp__isnull=False).first())):
        return slowed
    return _("All calls that the partner may have are in use: it is sent as soon as one is free.")
