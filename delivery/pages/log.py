"""The delivery log: every distribution job, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delivery.models import Job
from delivery.pages import words
from delivery.pages.filters import LogFilter
from leadflip.kit.paging import Page, page
from partners.sheet import reader


@dataclass(frozen=True, slots=True)
class Line:
    """A job with what the list shows beside its own columns."""

    job: Job
    lead: str
    attempts: str


@require_safe
@permission_required("delivery.view_job", raise_exception=True)
def log(request: HttpRequest) -> HttpResponse:
    """One page of the jobs that the filters in the address leave."""
    form = LogFilter(request.GET)
    found: Page[Job] = page(form.rows(), request.GET) if form.is_valid() else Page([])
    context = {
        **admin.site.each_context(request),
        "title": _("Delivery log"),
        "form": form,
        "page": found,
        "lines": _lines(found.rows),
        "untouched": not form.filtered and found.first,
    }
    return render(request, "delivery/log.html", context)


def _lines(jobs: Sequence[Job]) -> list[Line]:
    sheets = reader().sheets({job.lead_id for job in jobs}) if jobs else {}
    return [Line(job, words.lead_name(sheets.get(job.lead_id)), words.attempts(job)) for job in jobs]
