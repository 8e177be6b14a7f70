"""The delivery log: every distribution job, newest first, and how many are new since it was opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delivery.models import Job
from delivery.models.bulk import Act
from delivery.pages import bulk_words, words
from delivery.pages.filters import LogFilter, presets
from leadflip.kit import clock
from leadflip.kit.ids import first_of
from leadflip.kit.needs import needs
from leadflip.kit.paging import Page, counted, page
from partners.models.settings import Kind
from partners.sheet import reader
from portal.models import Entry


@dataclass(frozen=True, slots=True)
class Line:
    """A job with what the list shows beside its own columns."""

    job: Job
    lead: str
    attempts: str
    # The partner's answer in its portal.
    entry: Entry | None = None


@require_safe
@needs("delivery.view_job")
def log(request: HttpRequest) -> HttpResponse:
    """One page of the jobs that the filters in the address leave."""
    form = LogFilter(request.GET)
    found: Page[Job] = page(form.rows(), request.GET) if form.is_valid() else Page([])
    context = {
        **admin.site.each_context(request),
        "title": _("Delivery log"),
        "form": form,
        "presets": presets(),
        "page": found,
        "lines": lines(found.rows),
        "untouched": not form.filtered and found.first,
        "query": _filters(request),
        "acts": _acts(request, form) if found.rows else [],
        "newest": _newest(found) if form.is_valid() else "",
        "demo": settings.DEMO,
    }
    return render(request, "delivery/log.html", context)


@require_safe
@needs("delivery.view_job")
def news(request: HttpRequest, newest: UUID) -> HttpResponse:
    """How many jobs of these filters came after `newest`; 204 where the page has said so already."""
    form = LogFilter(request.GET)
    count = counted(form.jobs().filter(id__gt=newest)) if form.is_valid() else 0
    if request.GET.get("said") == str(count):
        return HttpResponse(status=204)
    return render(request, "delivery/_news.html", {"count": count, "query": _filters(request)})


def _acts(request: HttpRequest, form: LogFilter) -> list[Act]:
    """What may be done with all these jobs at once."""
    return bulk_words.offers(form) if request.user.has_perm("delivery.act_job") else []


def _filters(request: HttpRequest) -> str:
    """The address's filters alone."""
    query = request.GET.copy()
    for name in ("older", "newer", "said"):
        query.pop(name, None)
    return query.urlencode()


def _newest(found: Page[Job]) -> Any:
    """The id after which jobs are new; "" on older pages, where nothing is announced."""
    if not found.first:
        return ""
    return found.rows[0].id if found.rows else first_of(clock.now())


def lines(jobs: Sequence[Job]) -> list[Line]:
    """What a list shows of jobs, whose partner and policy are read."""
    sheets = reader().sheets({job.lead_id for job in jobs}) if jobs else {}
    answers = Entry.objects.in_bulk([job.id for job in jobs if job.kind == Kind.PORTAL])
    return [
        Line(job, words.lead_name(sheets.get(job.lead_id)), words.attempts(job), answers.get(job.id))
        for job in jobs
    ]
