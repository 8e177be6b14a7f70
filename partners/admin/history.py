"""The audit log as a page: all of it, or what happened to one object."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from leadflip.kit.needs import NotAllowed, needs
from leadflip.kit.paging import Page, page
from partners.admin.history_filter import HistoryFilter
from partners.models import AuditEntry, User
from partners.models.audit import Verb

if TYPE_CHECKING:
    from partners.admin.base import AuditedAdmin

VIEW, PEOPLE = "partners.view_auditentry", "partners.change_user"
# Looks of badges by what was done, see `kit.templatetags.kit.LOOKS`.
LOOKS = {
    Verb.ADDED: "delivered",
    Verb.CHANGED: "queued",
    Verb.DELETED: "failed",
    Verb.LOOKED: "waiting",
    Verb.ACTED: "sending",
    Verb.SIGNED_IN: "cancelled",
    Verb.REFUSED: "rejected",
}
SECRET = {
    "set": gettext_lazy("Set"),
    "changed": gettext_lazy("Changed"),
    "removed": gettext_lazy("Removed"),
}
# Longer values are folded.
SHORT = 120
# Kinds of object whose page is not the admin's own, by URL name.
PAGES = {
    "delivery.job": "delivery:job",
    "delivery.bulkaction": "delivery:bulk",
    "distribution.import": "imports:run",
    "distribution.erasure": "erasing:report",
}
# Kinds of object without a page of their own.
PAGELESS = {"delivery.alert"}


@dataclass(frozen=True, slots=True)
class Line:
    """One difference: old and new; of a secret one word in `new`; else only what it is."""

    what: str
    old: str = ""
    new: str = ""
    both: bool = False

    @property
    def long(self) -> bool:
        """Whether it is folded."""
        return len(self.old) > SHORT or len(self.new) > SHORT


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry with what the page says of it."""

    entry: AuditEntry
    look: str
    kind: str
    link: str
    lines: Sequence[Line]


@require_safe
@needs(VIEW)
def log(request: HttpRequest) -> HttpResponse:
    """One page of the entries that the filters in the address leave."""
    form = HistoryFilter(request.GET, kinds=kinds(request.user))
    rows = visible(request.user).filter(form.condition()) if form.is_valid() else AuditEntry.objects.none()
    context = {**admin.site.each_context(request), "title": _("Audit log"), "form": form, "whole": True}
    return _render(request, context, page(rows, request.GET), filtered=form.filtered)


def page_of(request: HttpRequest, key: str, obj: Model | None, of: "AuditedAdmin[Any]") -> HttpResponse:
    """The history of one object; of one that is gone as long as there are entries of it."""
    for permission in (VIEW, *([PEOPLE] if of.model is User else [])):
        if not request.user.has_perm(permission):
            raise NotAllowed(permission)
    objects = [] if obj is None else [obj, *of.related(obj)]
    wanted = Q(model=of.model._meta.label_lower, object_id=key[:64])
    for each in objects:
        wanted |= Q(model=each._meta.label_lower, object_id=str(each.pk))
    rows = visible(request.user).filter(wanted)
    found = page(rows, request.GET)
    if obj is None and not found.rows:
        raise Http404
    name = str(obj) if obj is not None else found.rows[0].name
    context = {
        **of.admin_site.each_context(request),
        "title": _("History"),
        "subtitle": name,
        "name": name,
        "opts": of.opts,
        "object_page": _link(of.model._meta.label_lower, key) if obj is not None else "",
    }
    return _render(request, context, found)


def visible(user: Any) -> QuerySet[AuditEntry]:
    """What somebody may read: entries about people only who may change people."""
    rows = AuditEntry.objects.all()
    return rows if user.has_perm(PEOPLE) else rows.exclude(model=User._meta.label_lower)


def kinds(user: Any) -> list[tuple[str, str]]:
    """The kinds of object that entries may be about, with their names."""
    labels = {model._meta.label_lower for model in admin.site._registry} | {*PAGES} | PAGELESS
    if not user.has_perm(PEOPLE):
        labels.discard(User._meta.label_lower)
    return sorted(((label, _kind(label)) for label in labels), key=lambda kind: kind[1])


def _render(
    request: HttpRequest, context: Mapping[str, Any], found: Page[AuditEntry], *, filtered: bool = False
) -> HttpResponse:
    shown = {**context, "page": found, "entries": [*map(_shown, found.rows)], "filtered": filtered}
    return render(request, "admin/partners/history.html", shown)


def _shown(entry: AuditEntry) -> Shown:
    gone = entry.verb == Verb.DELETED
    return Shown(
        entry=entry,
        look=LOOKS[Verb(entry.verb)],
        kind=_kind(entry.model),
        link="" if gone else _link(entry.model, entry.object_id),
        lines=list(_lines(entry.changes)),
    )


def _lines(changes: Sequence[Mapping[str, str]]) -> Iterator[Line]:
    for change in changes:
        if "secret" in change:
            yield Line(change["what"], new=str(SECRET.get(change["secret"], change["secret"])))
        else:
            yield Line(change["what"], change.get("old", ""), change.get("new", ""), "old" in change)


def _kind(label: str) -> str:
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name))
    except LookupError:
        return label


def _link(label: str, key: str) -> str:
    name = PAGES.get(label, f"admin:{label.replace('.', '_')}_change")
    try:
        return reverse(name, args=[key])
    except NoReverseMatch:
        return ""
