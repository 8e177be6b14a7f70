"""One distribution job: its state in a sentence, its attempts, what was sent and answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delivery.models import Attempt, AttemptBody, Job
from delivery.pages import words
from leadflip.kit import clock, crypto
from partners.models.settings import Kind
from partners.sheet import reader
from portal.models import Entry
from portal.reasons import Reason


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and answered at one attempt, opened; or in `missing` why it is not shown."""

    request: Mapping[str, Any] = field(default_factory=dict, repr=False)
    response: Mapping[str, Any] = field(default_factory=dict, repr=False)
    missing: str = ""


@require_safe
@permission_required("delivery.view_job", raise_exception=True)
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The page of one job. `?attempt=<id>` names the attempt whose bytes are shown; else the last."""
    row = get_object_or_404(Job.objects.select_related("partner", "settings", "policy"), id=job_id)
    tries = list(row.tries.order_by("number", "late"))
    chosen = _chosen(tries, request.GET.get("attempt", ""))
    context = {
        **admin.site.each_context(request),
        "title": _("Distribution job"),
        "job": row,
        "lead": words.lead_name(reader().sheets([row.lead_id]).get(row.lead_id)),
        "sentence": words.sentence(row, clock.now()),
        "attempts": words.attempts(row),
        "tries": [(attempt, words.ERROR_CLASSES.get(attempt.error_class, "")) for attempt in tries],
        "chosen": chosen,
        "exchange": _exchange(request, row, chosen),
        "recipients": _recipients(row),
        **_answer(row),
    }
    return render(request, "delivery/job.html", context)


def _chosen(tries: Sequence[Attempt], wanted: str) -> Attempt | None:
    named = (attempt for attempt in tries if str(attempt.id) == wanted)
    return next(named, tries[-1] if tries else None)


def _exchange(request: HttpRequest, row: Job, attempt: Attempt | None) -> Exchange | None:
    if attempt is None:
        return None
    if row.kind == Kind.PORTAL:
        return Exchange(missing=_("Nothing is sent: the lead appears in the partner’s feed."))
    if not request.user.has_perm("delivery.view_attemptbody"):
        return Exchange(missing=_("What was sent and answered is not shown to your role."))
    body = AttemptBody.objects.filter(attempt=attempt).first()
    if body is None:
        return Exchange(missing=_("Nothing was sent at this attempt."))
    return _opened(row, attempt, body)


def _opened(row: Job, attempt: Attempt, body: AttemptBody) -> Exchange:
    try:
        kept = crypto.unseal(f"attempt:{row.id}:{attempt.number}", body.sealed)
    except crypto.SealError:
        return Exchange(missing=_("None of the keys in ENCRYPTION_KEYS opens what was kept of this attempt."))
    return Exchange(_shown(kept.get("request")), _shown(kept.get("response")))


def _shown(side: Mapping[str, Any] | None) -> dict[str, Any]:
    """One side with every text made harmless; headers as a list of names, or of (name, value)."""
    side = side or {}
    headers = side.get("headers") or ()
    if isinstance(headers, Mapping):
        headers = [f"{name}: {value}" for name, value in headers.items()]
    texts = {name: words.plain(text) for name, text in side.items() if isinstance(text, str)}
    return {**texts, "headers": [words.plain(str(header)) for header in headers]}


def _recipients(row: Job) -> list[tuple[str, str, Any]]:
    """(address, state, SMTP code) of an e-mail job."""
    return [(name, told.get("state", ""), told.get("code")) for name, told in (row.recipients or {}).items()]


def _answer(row: Job) -> dict[str, Any]:
    """The partner's own view of a portal job, whose id is the job's, and why it rejected the lead."""
    if row.kind != Kind.PORTAL:
        return {}
    entry = Entry.objects.select_related("answered_by").filter(id=row.id).first()
    return {"entry": entry, "reason": dict(Reason.choices).get(entry.reason, "") if entry else ""}
