"""Where leads go to: how each destination takes them, and what people do about it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from delivery import destinations, smtp_words, standing
from delivery.models import Attempt, Job, Lane
from delivery.models.attempt import Outcome
from delivery.pages.lane_words import Row, row_of
from delivery.standing import ACCOUNT
from leadflip.kit import clock, show
from leadflip.kit.needs import needs
from leadflip.kit.paging import SIZE
from partners.admin.base import person
from partners.models import DeliverySettings, User
from partners.models.settings import Kind

# Of a lane's page: the newest jobs among which its errors are looked for, and how many are shown.
RECENT, ERRORS = 500, 10


@require_safe
@needs("delivery.view_lane")
def index(request: HttpRequest) -> HttpResponse:
    """Fifty lanes, those first whom something concerns; `?after=<key>` the ones behind that."""
    after = _key(request.GET.get("after", ""))
    rows = standing.lanes()
    found = list((standing.behind(rows, after) if after else rows)[: SIZE + 1])
    shown = _rows(request, found[:SIZE], with_mail=not after)
    context = {
        **admin.site.each_context(request),
        "title": _("Destinations"),
        "groups": _groups(shown),
        "rows": shown,
        "summary": summary(),
        "mark": mark(shown),
        "shown": ",".join(str(row.key) for row in shown),
        "after": after,
        "from": "list",
        "next": found[SIZE - 1].pk if len(found) > SIZE else None,
    }
    return render(request, "delivery/destinations.html", context)


@require_safe
@needs("delivery.view_lane")
def now(request: HttpRequest) -> HttpResponse:
    """The state of the lanes in `?shown=1,2,3`, in place; 204 where it is as `?seen=<mark>` says."""
    keys = [key for text in request.GET.get("shown", "").split(",") if (key := _key(text)) is not None]
    rows = standing.lanes().filter(pk__in=keys[: SIZE + 1])
    shown = _rows(request, rows, with_mail=ACCOUNT in keys)
    told = {"rows": shown, "summary": summary(), "mark": mark(shown), "from": request.GET.get("from", "")}
    if request.GET.get("seen") == told["mark"]:
        return HttpResponse(status=204)
    return render(request, "delivery/_destinations_now.html", told)


@require_safe
@needs("delivery.view_lane")
def one(request: HttpRequest, lane: int) -> HttpResponse:
    """One lane: its hours, its last errors, and the way to its log and its settings."""
    [row] = _rows(request, _settings(lane), with_mail=lane == ACCOUNT)
    context = {
        **admin.site.each_context(request),
        "title": _("Destination"),
        "subtitle": row.name,
        "row": row,
        "mark": mark([row]),
        "shown": lane,
        "from": "",
        "errors": _errors(row) if request.user.has_perm("delivery.view_attempt") else [],
        "settings_page": _settings_page(row),
    }
    return render(request, "delivery/destination.html", context)


@require_POST
@needs("delivery.act_lane")
def act(request: HttpRequest, lane: int, action: str) -> HttpResponse:
    """Pauses, resumes, or tries a slowed lane now; then shows it where it was asked for."""
    if action not in DO:
        raise Http404
    _owner(lane)  # or 404
    does, done, late = DO[action]
    if does(lane or None, person(request)):
        messages.success(request, done)
    else:
        messages.info(request, late)
    back = reverse("delivery:destinations")
    return redirect(f"{back}#lane-{lane}" if request.POST.get("from") == "list" else f"{back}{lane}/")


def summary() -> str:
    """How all lanes stand, in a sentence."""
    found = standing.troubled()
    told = [
        words % {"count": show.count(found[kind])}
        for kind, words in (
            ("slowed", ngettext("%(count)s slowed", "%(count)s slowed", found["slowed"])),
            ("paused", ngettext("%(count)s paused", "%(count)s paused", found["paused"])),
            ("ramp", ngettext("%(count)s recovering", "%(count)s recovering", found["ramp"])),
        )
        if found[kind]
    ]
    if not told:
        return _("All quiet: no destination is slowed, none is paused.")
    return _("Of all destinations: %(told)s.") % {"told": ", ".join(told)}


def mark(rows: Iterable[Row]) -> str:
    """Differs whenever what changes of these rows does."""
    return blake2b("".join(row.mark for row in rows).encode(), digest_size=8).hexdigest()


def _rows(request: HttpRequest, rows: Iterable[DeliverySettings], *, with_mail: bool) -> list[Row]:
    may_act = request.user.has_perm("delivery.act_lane")
    found = standing.standings(
        rows, clock.now(), mail=standing.account() if with_mail else None, with_mail=with_mail
    )
    account = with_mail and not smtp_words.unset()
    rows_shown = [row_of(each, may_act, account=account) for each in found]
    # The account among the others: what concerns somebody stands first.
    return sorted(rows_shown, key=lambda row: row.standing.rank)


def _groups(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """(host, its lanes) as they follow each other: what concerns somebody stands before what is well."""
    return [(host, list(each)) for host, each in groupby(rows, key=lambda row: row.host)]


def _settings(key: int) -> list[DeliverySettings]:
    """The lane of that key, with its health; none for the account. Raises Http404."""
    if key == ACCOUNT:
        return []
    rows = DeliverySettings.objects.select_related("partner", "lane__paused_by")
    return [get_object_or_404(rows, pk=key, kind=Kind.WEBHOOK)]


def _owner(key: int) -> Model:
    """Whose lane it is: in the audit log what is done with it stands there. Raises Http404."""
    if key == ACCOUNT:
        if smtp_words.unset():
            raise Http404
        return destinations.account()
    [settings] = _settings(key)
    return settings.partner


def _errors(row: Row) -> list[Attempt]:
    """The newest attempts that failed, of the newest jobs."""
    settings = row.standing.settings
    of_lane = {"partner": settings.partner_id} if settings else {}
    newest = Job.objects.filter(**of_lane).order_by("-pk").values("pk")[:RECENT]
    failed = Attempt.objects.filter(job__in=newest).exclude(outcome=Outcome.DELIVERED)
    failed = failed.filter(job__settings=settings) if settings else failed.filter(job__kind=Kind.EMAIL)
    return list(failed.select_related("job").order_by("-started_at")[:ERRORS])


def _settings_page(row: Row) -> str:
    """Where its address and secrets are."""
    settings = row.standing.settings
    if settings is None:
        return reverse("admin:delivery_smtpaccount_changelist")
    name, _colon, assignment = settings.scope.partition(":")
    if name == "assignment" and assignment.isdecimal():
        return reverse("admin:distribution_assignment_change", args=[assignment])
    return reverse("admin:partners_partner_change", args=[settings.partner_id])


def _key(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _try(settings_id: int | None, by: User) -> bool:
    lane = Lane.objects.filter(settings=settings_id, smtp__isnull=settings_id is not None).first()
    return lane is not None and destinations.probe(lane_id=lane.pk, by=by)


# Action → what does it, what is said when it was done, and when it was not to be done any more.
DO: Mapping[str, tuple[Callable[[int | None, User], bool], Any, Any]] = {
    "pause": (
        lambda key, by: destinations.pause(key, by=by),
        gettext_lazy("Paused: its jobs wait until somebody resumes it. What is being sent ends."),
        gettext_lazy("It is paused already."),
    ),
    "resume": (
        lambda key, by: destinations.resume(key, by=by),
        gettext_lazy("Resumed: one job goes first, and as it answers more of them at once."),
        gettext_lazy("It is not paused any more."),
    ),
    "try": (
        _try,
        gettext_lazy("Its first job tries it now. Look again in some seconds."),
        gettext_lazy("It is not left alone any more, or is being tried at this moment."),
    ),
}
