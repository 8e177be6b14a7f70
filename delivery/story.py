"""A lead's jobs and their attempts, as events of its story."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import Attempt, Job
from delivery.models.job import Status
from delivery.pages import words
from leadflip.kit import show
from leadflip.kit.story import Event


def story(jobs: Sequence[Job]) -> Iterator[Event]:
    """What happened to these jobs, whose partners are read. One query: their attempts."""
    named = {job.id: job for job in jobs}
    yield from _made(jobs)
    for job in jobs:
        yield from _ended(job)
    for attempt in Attempt.objects.filter(job__in=named).order_by("id") if named else ():
        yield _attempt(named[attempt.job_id], attempt)


def coming(jobs: Iterable[Job]) -> list[tuple[Job, datetime]]:
    """The jobs that wait, with the time of their next attempt, the soonest first."""
    waiting = [(job, job.next_attempt_at) for job in jobs if job.next_attempt_at is not None]
    return sorted(waiting, key=lambda item: item[1])


def _made(jobs: Sequence[Job]) -> Iterator[Event]:
    """One event for the jobs of one moment: routing makes them together."""
    for at, together in groupby(jobs, key=lambda job: job.created_at):
        lines = tuple(_line(job) for job in together)
        title = ngettext("%(count)d distribution job", "%(count)d distribution jobs", len(lines))
        yield Event(
            at=at, look=Status.QUEUED, label=_("Queued"), title=title % {"count": len(lines)}, lines=lines
        )


def _line(job: Job) -> str:
    """«Acme Solar · Webhook · 25.00 EUR»."""
    price = "" if job.price is None else show.money(job.price, job.currency)
    test = _("Test") if job.test else ""
    return " · ".join(filter(None, (job.partner.name, str(job.get_kind_display()), price, test)))


def _ended(job: Job) -> Iterator[Event]:
    """Its bad end; a good one is its last attempt."""
    if job.settled_at is not None and job.status in (Status.FAILED, Status.CANCELLED):
        yield Event(
            at=job.settled_at,
            look=job.status,
            label=job.get_status_display(),
            title=job.partner.name,
            detail=words.sentence(job, job.settled_at),
            link=reverse("delivery:job", args=[job.id]),
        )


def _attempt(job: Job, attempt: Attempt) -> Event:
    facts = {"partner": job.partner.name, "number": attempt.number}
    answer = str(attempt.code) if attempt.code else ""
    error = str(words.ERROR_CLASSES.get(attempt.error_class, ""))
    took = "" if attempt.ms is None else _("in %(took)s") % {"took": show.duration(attempt.ms)}
    return Event(
        at=attempt.started_at,
        look=attempt.outcome,
        label=attempt.get_outcome_display(),
        title=_("%(partner)s: attempt %(number)d") % facts,
        detail=" · ".join(filter(None, (attempt.error.rstrip(".") or error or answer, took))),
        link=f"{reverse('delivery:job', args=[job.id])}?attempt={attempt.pk}#exchange",
    )
