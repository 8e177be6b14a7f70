"""Bulk actions: what would be done with the log's jobs, how far it is, and what was passed over."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from delivery import bulk
from delivery.acts import HAS_IT, MAY_HAVE_IT
from delivery.models import BulkAction, Job
from delivery.models.bulk import Act, BulkState
from delivery.models.job import SETTLED, WAITING, Status
from delivery.pages import bulk_words as words
from delivery.pages.bulk_forms import StartForm
from delivery.pages.filters import LogFilter
from delivery.pages.log import Line, lines
from delivery.refusal import Refusal
from leadflip.kit import clock, paging
from leadflip.kit.ids import first_of, uuid7
from leadflip.kit.needs import needs
from partners.models import User

FIRST = 5
REAL = Q(test=False, erased=False)
# Which jobs an act refuses, as far as their rows tell; a full cap shows when it is asked for a place.
REFUSES: Mapping[Act, Mapping[Refusal, Q]] = {
    Act.RESEND: {
        Refusal.TEST: Q(test=True),
        Refusal.ERASED: Q(test=False, erased=True),
        Refusal.SENDING: REAL & Q(status=Status.SENDING),
        Refusal.WAITING: REAL & Q(status__in=WAITING),
        Refusal.INACTIVE: REAL & Q(status__in=SETTLED, partner__active=False),
        Refusal.DELIVERED: REAL & Q(status=Status.DELIVERED, partner__active=True),
    },
    Act.TRY_NOW: {Refusal.SENDING: Q(status=Status.SENDING), Refusal.SETTLED: Q(status__in=SETTLED)},
    Act.CANCEL: {Refusal.SENDING: Q(status=Status.SENDING), Refusal.SETTLED: Q(status__in=SETTLED)},
    Act.MOVE: {
        Refusal.TEST: Q(test=True),
        Refusal.ERASED: Q(test=False, erased=True),
        Refusal.SENDING: REAL & Q(status=Status.SENDING),
        Refusal.HAS_IT: REAL & HAS_IT,
        Refusal.IN_DOUBT: REAL & ~Q(status=Status.SENDING) & MAY_HAVE_IT,
    },
    Act.NOT_RECEIVED: {Refusal.NOT_IN_DOUBT: ~Q(status=Status.FAILED, had_unknown=True)},
}

# Refused only where nobody ticked that they are meant, too.
AGAIN = (Refusal.DELIVERED, Refusal.HAS_IT, Refusal.IN_DOUBT)


@require_safe
@needs("delivery.view_job")
def index(request: HttpRequest) -> HttpResponse:
    """All bulk actions, newest first."""
    found = paging.page(BulkAction.objects.select_related("by", "target"), request.GET)
    rows = [(each, words.title(each), words.filters(each)) for each in found.rows]
    return _page(request, "bulk_actions", title=_("Bulk actions"), page=found, rows=rows)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("delivery.act_job")
def new(request: HttpRequest, action: str) -> HttpResponse:
    """What would be done with the jobs of the address's filters; a POST begins it."""
    if action not in Act.values:
        raise Http404
    if action == Act.MOVE:
        return redirect(f"{reverse('move:jobs')}?{request.GET.urlencode()}")
    act, form = Act(action), LogFilter(request.GET)
    if not form.is_valid() or not form.narrows:
        return too_many(request, act, form)
    typed = StartForm(request.POST) if request.method == "POST" else None
    if typed is not None and typed.is_valid():
        return _begin(request, act, form, typed)
    # The newest id there can be now: what comes later was not on the page.
    upto = first_of(clock.now())
    shown, typed = asked(act, form, upto), typed or _form(upto)
    return _page(request, "bulk_new", **shown, typed=typed)


def too_many(request: HttpRequest, act: Act, form: LogFilter) -> HttpResponse:
    """Says that the filters fit nothing or do not narrow the log."""
    return _page(request, "bulk_new", title=words.ASKS[act], act=act, form=form, status=422)


def _form(upto: UUID) -> StartForm:
    return StartForm(initial={"key": uuid7(), "upto": upto})


def _begin(request: HttpRequest, act: Act, form: LogFilter, typed: StartForm) -> HttpResponse:
    made = bulk.start(
        key=typed.cleaned_data["key"],
        act=act,
        form=form,
        upto=typed.cleaned_data["upto"],
        again=typed.cleaned_data["again"],
        by=cast(User, request.user),
    )
    return redirect("delivery:bulk", made.pk)


def asked(act: Act, form: LogFilter, upto: UUID) -> dict[str, Any]:
    """All that is to know before it begins. Three queries and those of the lines."""
    jobs = form.jobs().filter(id__lte=upto)
    total, refused = _counts(act, jobs)
    acts = total - sum(refused.values())
    first = form.rows().filter(id__lte=upto).order_by("id")[:FIRST]
    again = sum(refused.get(why, 0) for why in AGAIN)
    return {
        "title": words.ASKS[act],
        "act": act,
        "form": form,
        "n_total": total,
        "total": words.bounded(total),
        "acts": acts,
        "more": total > bulk.MOST,
        "skips": [(why.label, words.bounded(count)) for why, count in refused.items()],
        "again": words.bounded(again) if again else "",
        "first": lines(list(first)),
        "notes": words.NOTICED[act],
        "query": _query(form),
        "button": words.button(act, acts, more=total > bulk.MOST),
    }


def _counts(act: Act, jobs: Any) -> tuple[int, dict[Refusal, int]]:
    """How many jobs there are, and how many of them are refused by reason; counted up to MOST + 1."""
    some = jobs.order_by().values("id")[: bulk.MOST + 1]
    columns = {f"refused_{why.value}": Count("id", filter=fit) for why, fit in REFUSES[act].items()}
    found = Job.objects.filter(id__in=some).aggregate(total=Count("id"), **columns)
    refused = {why: found[f"refused_{why.value}"] for why in REFUSES[act]}
    return found["total"], {why: count for why, count in refused.items() if count}


@require_safe
@needs("delivery.view_job")
def watch(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """How far it is, and what came of it."""
    found = _found(bulk_id)
    return _page(request, "bulk_run", title=words.title(found), **_standing(found))


@require_safe
@needs("delivery.view_job")
def now(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """The part of that page which changes."""
    return render(request, "delivery/_bulk_now.html", {**_standing(_found(bulk_id)), "polled": True})


@require_POST
@needs("delivery.act_job")
def stop(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Ends it after the jobs that are in hand."""
    bulk.stop(action=_found(bulk_id), by=cast(User, request.user))
    messages.success(request, _("Stopped. What was done stays as it is."))
    return redirect("delivery:bulk", bulk_id)


@require_safe
@needs("delivery.view_job")
def skipped(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """The jobs that were passed over, each with its reason."""
    found = _found(bulk_id)
    skips = found.skips.select_related("job__partner", "job__policy")
    page = paging.page(skips, request.GET)
    shown: list[Line] = lines([skip.job for skip in page.rows])
    rows = [(line, skip.get_refusal_display()) for line, skip in zip(shown, page.rows, strict=True)]
    return _page(request, "bulk_skipped", title=_("Skipped jobs"), run=found, page=page, rows=rows)


def _found(bulk_id: UUID) -> BulkAction:
    return get_object_or_404(BulkAction.objects.select_related("by", "target"), pk=bulk_id)


def _standing(found: BulkAction) -> dict[str, Any]:
    looked = found.done + found.skipped
    reasons = [(Refusal(name).label, count) for name, count in sorted(found.refusals.items())]
    return {
        "run": found,
        "ended": found.state != BulkState.RUNNING,
        "looked": looked,
        "total": words.bounded(found.total),
        "most": max(found.total, looked, 1),
        "said": words.filters(found),
        "reasons": reasons,
        "due": words.due(found),
        "stalled": bulk.stalled(found),
        "rest": _rest(found),
    }


def _rest(found: BulkAction) -> str:
    """The log's filters without those that the act itself has changed."""
    query = QueryDict(found.filter, mutable=True)
    for name in ("status", "error", "code"):
        query.pop(name, None)
    return query.urlencode()


def _query(form: LogFilter) -> str:
    query = QueryDict(mutable=True)
    query.update({name: form.data[name] for name in form.set_fields})
    return query.urlencode()


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    shown = {**admin.site.each_context(request), **context}
    return render(request, f"delivery/{name}.html", shown, status=status)
