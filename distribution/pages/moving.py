"""Moving leads to another partner: whom to choose, what would happen, and the beginning of it."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delivery import acts, bulk, services
from delivery.models import Job
from delivery.models.bulk import Act
from delivery.models.job import WAITING, Status
from delivery.pages import bulk as pages
from delivery.pages import words
from delivery.pages.filters import LogFilter
from delivery.refusal import Refusal, Refused
from distribution.models import Assignment
from distribution.pages.moving_forms import ManyForm, OneForm, ToForm
from distribution.routing import moving
from distribution.routing.decide import Decided, Pick
from leadflip.kit import clock, show
from leadflip.kit.ids import first_of, uuid7
from leadflip.kit.needs import needs
from partners import audit
from partners.admin.base import person
from partners.models import Partner
from partners.models.settings import Kind
from partners.sheet import reader

# Partners of one profile that are asked, and how many are named of those who can and of those who cannot.
ASKED, MOST = 200, 50
# Before many move, so many are tried: of those whose partner has not had the lead.
TRIED = 100
MOVABLE = (*WAITING, Status.FAILED, Status.CANCELLED)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("delivery.act_job")
def one(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Who else could have the lead of a job now, and who not and why; a POST moves it."""
    jobs = Job.objects.select_related("partner", "assignment__profile")
    job: Any = get_object_or_404(jobs.annotate(doubt=Q(acts.HAS_IT | acts.MAY_HAVE_IT)), pk=job_id)
    shut = _shut(job)
    answers = {} if shut else moving.options(job, ASKED)
    names = Partner.objects.in_bulk(answers)
    can = [
        (to, _terms(names[to], answer.picks[0]))
        for to, answer in answers.items()
        if isinstance(answer, Decided)
    ]
    form = OneForm(request.POST if request.method == "POST" else None, choices=can[:MOST], doubt=job.doubt)
    if form.is_valid() and _moved(request, job, names[form.cleaned_data["to"]], job.doubt):
        return redirect("admin:distribution_lead_change", job.lead_id)
    lead = words.lead_name(reader().sheets([job.lead_id]).get(job.lead_id))
    cannot = [(names[to].name, answer.label) for to, answer in answers.items() if isinstance(answer, Refusal)]
    context = {
        "title": _("Move to another partner"),
        "subtitle": f"{lead or job.lead_id} · {job.partner.name}",
        "job": job,
        "shut": shut,
        "form": form,
        "can": can,
        "cannot": cannot[:MOST],
        "more": len(answers) == ASKED or max(len(can), len(cannot)) > MOST,
        "sentence": words.sentence(job, clock.now()),
    }
    return _page(request, "move_one", status=422 if form.errors else 200, **context)


def _shut(job: Job) -> Any:
    """Why nobody else can have it, whoever that is."""
    if job.test:
        return Refusal.TEST.label
    if job.erased:
        return Refusal.ERASED.label
    return Refusal.SENDING.label if job.status == Status.SENDING else ""


def _terms(partner: Partner, pick: Pick) -> str:
    """«Acme · Webhook · 12.00 EUR», and when it is sent where that is later."""
    terms = [partner.name, str(Kind(pick.kind).label), show.money(pick.price, pick.currency)]
    if pick.due:
        terms.append(_("held until it opens, %(time)s") % {"time": show.full_time(pick.due)})
    return " · ".join(terms)


def _moved(request: HttpRequest, job: Job, to: Partner, again: bool) -> bool:
    by = person(request)
    try:
        with transaction.atomic():
            services.move(job_id=job.pk, to=to, by=by, again=again)
            audit.acted(by=by, what=_("Move to %(partner)s") % {"partner": to.name}, objects=[job])
    except Refused as refused:
        messages.error(request, refused.refusal.label)
        return False
    messages.success(request, _("Moved: %(partner)s gets the lead.") % {"partner": to.name})
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@needs("delivery.act_job")
def many(request: HttpRequest) -> HttpResponse:
    """The jobs of the log's filters: `?to=` is the partner, without it that is asked. A POST begins."""
    form = LogFilter(request.GET)
    if not form.is_valid() or not form.narrows:
        return pages.too_many(request, Act.MOVE, form)
    chosen = ToForm(request.GET if "to" in request.GET else None, _partners(form))
    to = chosen.cleaned_data["to"] if chosen.is_valid() else None
    typed = ManyForm(request.POST) if request.method == "POST" and to else None
    if to and typed is not None and typed.is_valid():
        made = bulk.start(act=Act.MOVE, form=form, by=person(request), target=to, **typed.cleaned_data)
        return redirect("delivery:bulk", made.pk)
    upto = first_of(clock.now())
    shown = pages.asked(Act.MOVE, form, upto)
    trial = _trial(form, upto, to) if to else {}
    start = typed or ManyForm(initial={"key": uuid7(), "upto": upto})
    kept = [(name, form.data[name]) for name in form.set_fields]
    return _page(request, "move_many", **shown, chosen=chosen, kept=kept, to=to, typed=start, **trial)


def _partners(form: LogFilter) -> QuerySet[Partner]:
    """Active partners of profiles in force or of the filtered one; not the partner that is filtered."""
    seats = Assignment.objects.filter(enabled=True, profile__enabled=True)
    if form.cleaned_data["profile"]:
        seats = seats.filter(profile=form.cleaned_data["profile"])
    own = Q(pk=form.cleaned_data["partner"]) if form.cleaned_data["partner"] else Q(pk=None)
    return (
        Partner.objects.filter(pk__in=seats.values("partner"), active=True)
        .exclude(own)
        .order_by("name", "id")
    )


def _trial(form: LogFilter, upto: UUID, to: Partner) -> dict[str, Any]:
    """What would come of the oldest hundred now."""
    free = Q(status__in=MOVABLE, test=False, erased=False) & ~acts.MAY_HAVE_IT
    jobs = list(form.jobs().filter(free, id__lte=upto).order_by("id")[:TRIED])
    answers = moving.tried(jobs, to.pk) if jobs else {}
    refused = Counter(answer for answer in answers.values() if isinstance(answer, Refusal))
    return {
        "n_tried": len(jobs),
        "n_go": len(jobs) - refused.total(),
        "stays": [(why.label, count) for why, count in refused.most_common()],
    }


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    shown = {**admin.site.each_context(request), **context}
    return render(request, f"distribution/{name}.html", shown, status=status)
