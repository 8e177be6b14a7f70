"""One person: their leads are found, given out as a file, or erased; and the report of it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from delivery import erase as delivery
from delivery.pages.words import lead_name
from distribution.erasing import export as exporting
from distribution.erasing import run, words
from distribution.erasing.find import Found, find
from distribution.models import Erasure, Lead
from distribution.models.erasure import FoundBy
from distribution.pages.erasing_forms import ChosenForm, ConfirmForm, FindForm
from leadflip.kit import clock
from leadflip.kit.needs import needs
from partners import audit
from partners.admin.base import person
from partners.models.audit import Verb
from partners.models.settings import Kind
from partners.sheet import reader

PERMISSION = "distribution.add_erasure"
# What is done while somebody waits; the workers do the rest.
SECONDS = 2.0
LATEST = 20


@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def look(request: HttpRequest) -> HttpResponse:
    """Asks who it is, and shows what there is of them. `?lead=<id>` fills the field in."""
    if request.method != "POST":
        return _look(request, FindForm(initial={"who": request.GET.get("lead", "")}))
    form = FindForm(request.POST)
    if not form.is_valid():
        return _look(request, form)
    found = find(form.cleaned_data["who"])
    if found.by is None:
        form.refuse()
        return _look(request, form)
    return _look(request, form, **_shown(found), confirm=None)


@require_POST
@needs(PERMISSION)
def start(request: HttpRequest) -> HttpResponse:
    """Begins the erasure, does what is soon done, and shows the report."""
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _again(request, form)
    by, ids = person(request), form.cleaned_data["lead"]
    with transaction.atomic():
        made = run.start(leads=ids, found_by=FoundBy(form.cleaned_data["found_by"]), by=by)
        audit.acted(by=by, what=_("Erase a person"), objects=[made, *_leads(ids)])
    if run.is_short():
        run.carry_on(made.pk, SECONDS)
    return redirect("erasing:report", made.pk)


@require_POST
@needs(PERMISSION)
def export(request: HttpRequest) -> HttpResponseBase:
    """All that is known of the chosen leads, as JSON or as a page to read."""
    form = ChosenForm(request.POST)
    if not form.is_valid():
        return _again(request, form)
    ids = form.cleaned_data["lead"]
    with transaction.atomic():
        for lead in _leads(ids):
            audit.note(by=person(request), verb=Verb.LOOKED, obj=lead, changes=[{"what": _("Export")}])
    leads, now = exporting.leads(ids), clock.now()
    if request.POST.get("format") == "json":
        document = {"exported_at": clock.iso(now), "leads": leads}
        text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
        return _attached(text, "application/json", f"leadflip-person-{now:%Y-%m-%d}.json")
    page = render_to_string("distribution/erasing_export.html", {"leads": leads, "at": now})
    return _attached(page, "text/html; charset=utf-8", f"leadflip-person-{now:%Y-%m-%d}.html")


@require_safe
@needs("distribution.view_erasure")
def report(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """What went, when, by whom, and which partners hold copies."""
    return _page(request, "erasing_report", title=_("Erasure"), **_told(_erasure(erasure_id)))


@require_safe
@needs("distribution.view_erasure")
def now(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """The part of that page which changes."""
    return render(request, "distribution/_erasing_now.html", _told(_erasure(erasure_id)))


@require_safe
@needs("distribution.view_erasure")
def file(request: HttpRequest, erasure_id: int) -> HttpResponseBase:
    """The report, to be kept."""
    text = render_to_string("distribution/erasing_file.html", _told(_erasure(erasure_id)))
    return _attached(text, "text/html; charset=utf-8", f"leadflip-erasure-{erasure_id}.html")


def _erasure(number: int) -> Erasure:
    return get_object_or_404(Erasure.objects.select_related("by"), pk=number)


def _told(row: Erasure) -> dict[str, Any]:
    copies = [_copy({**each, "at": datetime.fromisoformat(each["at"])}) for each in row.copies]
    return {"erasure": row, "goes": words.told(row.counts), "stays": words.STAYS, "copies": copies}


def _copy(copy: dict[str, Any]) -> dict[str, Any]:
    return {**copy, "channel": Kind(copy["kind"]).label}


def _leads(ids: Sequence[UUID]) -> list[Lead]:
    return list(Lead.objects.filter(pk__in=ids).only("pk").order_by("pk"))


def _shown(found: Found) -> dict[str, Any]:
    """What a page shows of found leads: none of their values but the name in lists."""
    sheets = reader().sheets(found.ids)
    kinds = dict(reader().entities())
    there = [sheet for sheet in sheets.values() if sheet.erased_at is None]
    shown = [sheets[each] for each in found.ids if each in sheets]
    return {
        "found": found,
        "lines": [(sheet, lead_name(sheet), kinds[sheet.entity_id]) for sheet in shown],
        "whole": len(there),
        "goes": words.expected(found.ids, len(there)),
        "stays": words.STAYS,
        "copies": [_copy(each._asdict()) for each in delivery.copies(found.ids)],
    }


def _again(request: HttpRequest, form: ChosenForm) -> HttpResponse:
    """What was found stands there again, beside what is wrong with the form."""
    typed = FindForm(initial={"who": ""})
    ids = [UUID(text) for text, _label in form.fields["lead"].choices]  # type: ignore[attr-defined]
    by = FoundBy(request.POST.get("found_by", FoundBy.LEAD))
    return _look(request, typed, **_shown(Found(by, ids)), confirm=form)


def _look(request: HttpRequest, form: FindForm, **shown: Any) -> HttpResponse:
    confirm = shown.pop("confirm", None)
    wrong = bool(form.errors or (confirm and confirm.errors))
    latest = Erasure.objects.select_related("by").order_by("-pk")[:LATEST]
    context = {"title": _("Erase a person"), "form": form, "latest": latest, "confirm": confirm, **shown}
    return _page(request, "erasing", status=422 if wrong else 200, **context)


def _page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    shown = {**admin.site.each_context(request), **context}
    return render(request, f"distribution/{name}.html", shown, status=status)


def _attached(text: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response
