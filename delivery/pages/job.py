"""One distribution job: its state in a sentence, its attempts, what was sent and answered, what to do."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from delivery.models import Attempt, Job, Lane
from delivery.models.job import SETTLED, WAITING
from delivery.pages import actions, bounces, exchange, trail, words
from delivery.refusal import Refused
from leadflip.kit import clock
from leadflip.kit.needs import needs
from partners import audit
from partners.models import User
from partners.models.settings import Kind
from partners.sheet import reader
from portal.models import Entry
from portal.reasons import Reason

logger = logging.getLogger(__name__)

# Seconds between two looks at a job that something happens to, and at one that waits for long.
SOON, LATER = 2, 15


@require_safe
@needs("delivery.view_job")
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The page of one job. `?attempt=<id>` names the attempt whose bytes are shown; else the last."""
    row = _row(job_id)
    tries = list(row.tries.order_by("number", "late"))
    chosen = trail.chosen(tries, request.GET.get("attempt", ""))
    return _page(request, row, tries, chosen, exchange.of(request.user, row, chosen))


@require_POST
@needs("delivery.view_attemptbody")
def sent(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Shows what was sent and answered at one attempt, which the audit log then tells."""
    row = _row(job_id)
    tries = list(row.tries.order_by("number", "late"))
    chosen = trail.chosen(tries, request.POST.get("attempt", ""))
    with transaction.atomic():
        opened = exchange.of(request.user, row, chosen, opened=True)
        if chosen is not None and opened is not None and not opened.missing:
            what = _("Attempt %(number)d: sent and answered") % {"number": chosen.number}
            audit.looked(by=cast(User, request.user), obj=row, what=[what])
    if getattr(request, "htmx", False):
        part = {"job": row, "chosen": chosen, "exchange": opened, "swapped": True}
        return render(request, "delivery/_exchange.html", part)
    return _page(request, row, tries, chosen, opened)


def _page(
    request: HttpRequest,
    row: Job,
    tries: Sequence[Attempt],
    chosen: Attempt | None,
    shown: exchange.Exchange | None,
) -> HttpResponse:
    state = _state(request, row, tries, chosen)
    context = {
        **admin.site.each_context(request),
        "title": _("Distribution job"),
        "subtitle": f"{state['lead'] or row.lead_id} → {row.partner.name}",
        "chosen": chosen,
        "exchange": shown,
        "open_at": reverse("delivery:job_sent", args=[row.id]),
        "open_note": _("Who opens it stands in the audit log."),
        "returned": bounces.of(request.user, row) if row.kind == Kind.EMAIL else [],
        **state,
    }
    return render(request, "delivery/job.html", context)


@require_safe
@needs("delivery.view_job")
def job_now(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What changed since `?seen=<mark>`: the job's state anew, or nothing but the next question."""
    row = _row(job_id)
    if request.GET.get("seen") == words.mark(row):
        return render(request, "delivery/_job_poll.html", {"job": row, **_poll(row)})
    tries = list(row.tries.order_by("number", "late"))
    chosen = trail.chosen(tries, request.GET.get("attempt", ""))
    return render(request, "delivery/_job_now.html", _state(request, row, tries, chosen))


@require_POST
@needs("delivery.act_job")
def act(request: HttpRequest, job_id: UUID, action: str) -> HttpResponse:
    """Tries now, resends, cancels, or notes that it was not received; then shows the job again."""
    if action not in actions.DO:
        raise Http404
    user = cast(User, request.user)
    try:
        with transaction.atomic():
            actions.DO[action](job_id, user)
            audit.acted(by=user, what=actions.NAMES[action], objects=[Job(pk=job_id)])
    except Refused as refused:
        messages.error(request, refused.refusal.label)
    except Job.DoesNotExist as error:
        raise Http404 from error
    else:
        logger.info("job %s: %s by user %s", job_id, action, user.pk)
        messages.success(request, actions.DONE[action])
    return redirect("delivery:job", job_id)


def _row(job_id: UUID) -> Job:
    return get_object_or_404(
        Job.objects.select_related("partner", "settings__lane__paused_by", "policy", "assignment__profile"),
        id=job_id,
    )


def _state(
    request: HttpRequest, row: Job, tries: Sequence[Attempt], chosen: Attempt | None
) -> dict[str, Any]:
    """All that changes while the job goes on."""
    now, lane = clock.now(), _lane(row)
    shut, paused = words.shut_until(lane), words.paused(lane)
    waits = paused or (_("Waits until its destination is tried again.") if shut else "")
    return {
        "job": row,
        "next_at": None if paused else _later(row.next_attempt_at, shut),
        "settings_page": _settings_page(request, row),
        "lead": words.lead_name(reader().sheets([row.lead_id]).get(row.lead_id)),
        "sentence": waits or words.sentence(row, now),
        "slowed": "" if paused else words.slowed(lane),
        "destination": _destination(request, row),
        "attempts": words.attempts(row),
        "steps": trail.steps(row, tries, chosen),
        "offer": actions.offer(row, cast(User, request.user), now, held=_held(lane)),
        "recipients": _recipients(row),
        **_answer(row),
        **_poll(row),
    }


def _poll(row: Job) -> dict[str, Any]:
    """When to ask again: soon while something happens, seldom while it waits, never when it has ended."""
    if row.status in SETTLED:
        return {"settled": True}
    left = (row.next_attempt_at - clock.now()).total_seconds() if row.next_attempt_at else 0
    return {"settled": False, "mark": words.mark(row), "again": int(min(max(left, SOON), LATER))}


def _later(due: datetime | None, shut: datetime | None) -> datetime | None:
    return max(due, shut) if due and shut else due


def _held(lane: Lane | None) -> Any:
    if lane is not None and lane.paused_at:
        return actions.PAUSED
    return actions.SLOWED if words.shut_until(lane) else ""


def _destination(request: HttpRequest, row: Job) -> str:
    """The page of the lane; the portal has none."""
    if row.kind == Kind.PORTAL or row.test or not cast(User, request.user).has_perm("delivery.view_lane"):
        return ""
    return reverse("delivery:destination", args=[0 if row.kind == Kind.EMAIL else row.settings_id])


def _settings_page(request: HttpRequest, row: Job) -> str:
    """Where this job's settings are mended: at the partner, or at the assignment that has its own."""
    user = cast(User, request.user)
    if not user.has_perm("partners.change_deliverysettings"):
        return ""
    if row.settings.scope and row.assignment_id:
        return reverse("admin:distribution_assignment_change", args=[row.assignment_id])
    return reverse("admin:partners_partner_change", args=[row.partner_id])


def _lane(row: Job) -> Lane | None:
    """The health of where a waiting job goes; for e-mail that is the account's."""
    if row.status not in WAITING:
        return None
    if row.kind == Kind.EMAIL:
        lane = Lane.objects.select_related("paused_by").filter(smtp__isnull=False).first()
    else:
        lane = getattr(row.settings, "lane", None)
    if lane is not None and row.test:
        # A test goes out, paused or not.
        lane.paused_at = None
    return lane


def _recipients(row: Job) -> list[tuple[str, str, Any]]:
    """(address, state, SMTP code) of an e-mail job."""
    return [
        (name, words.RECIPIENT.get(told.get("state", ""), told.get("state", "")), told.get("code"))
        for name, told in (row.recipients or {}).items()
    ]


def _answer(row: Job) -> dict[str, Any]:
    """The partner's own view of a portal job, whose id is the job's, and why it rejected the lead."""
    if row.kind != Kind.PORTAL:
        return {}
    entry = Entry.objects.select_related("answered_by").filter(id=row.id).first()
    return {"entry": entry, "reason": dict(Reason.choices).get(entry.reason, "") if entry else ""}
