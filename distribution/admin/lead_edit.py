"""Leads that the staff types in and changes: as any other, by intake."""

import hashlib
import secrets
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from distribution.admin.lead_forms import DUPLICATE, ROUTE, TOKEN, AddForm, EditForm
from distribution.catalogue import EntitySpec, entities, entity_spec, find
from distribution.intake.edit import edit_lead
from distribution.intake.errors import IntakeError, TokenTakenError
from distribution.intake.origin import Origin
from distribution.models import Lead
from distribution.models.entity import OnDuplicate, Way
from distribution.pages import sent_once
from partners.models.revision import Revision, hold_shared

Context = dict[str, Any]


def add(request: HttpRequest, context: Context) -> tuple[HttpResponse, UUID | None]:
    """The page on which a lead of `?entity=` is typed in, or entities to choose from; and the new lead."""
    known = list(entities(Revision.current()).values())
    named = find(Revision.current(), request.GET.get("entity", ""))
    entity = known[0] if len(known) == 1 else named
    if entity is None:
        shown = {**context, "title": _("Add lead"), "entities": known}
        return render(request, "admin/distribution/lead_entity.html", shown), None
    form = AddForm(entity, request.POST if request.method == "POST" else None)
    token = request.POST.get(TOKEN) or secrets.token_urlsafe(16)
    if form.is_bound:
        try:
            answer = _typed_in(form, entity, token)
            made = None if answer.get("duplicate") else UUID(answer["lead_id"])
            return _added(request, entity, answer), made
        except TokenTakenError:
            form.add_error(None, _("This was added already. To add what stands here too, send it again."))
            token = secrets.token_urlsafe(16)
        except IntakeError as refused:
            form.refuse(refused.errors)
    shown = {"title": _("Add lead"), "entity": entity, "form": form, "hidden": {TOKEN: token}}
    return _show(request, {**context, **shown}), None


def _typed_in(form: AddForm, entity: EntitySpec, token: str) -> Context:
    own = hashlib.sha256(token.encode()).hexdigest()
    sending = sent_once.Sent(f"typed:{own}", entity.id, form.typed(), {})
    wanted = form.cleaned_data.get(DUPLICATE)
    origin = Origin(Way.MANUAL, Way.MANUAL.value, on_duplicate=OnDuplicate(wanted) if wanted else None)
    return sent_once.take(sending, origin, route=form.cleaned_data[ROUTE])


def _added(request: HttpRequest, entity: EntitySpec, answer: Context) -> HttpResponse:
    words = {
        "": _("The lead was added."),
        "updated": _("This lead was there already, and was updated."),
        "skipped": _("This lead was there already, so nothing was added. Here it is."),
    }
    duplicate = answer.get("duplicate", "")
    level = messages.WARNING if duplicate else messages.SUCCESS
    messages.add_message(request, level, words[duplicate])
    if "_addanother" in request.POST and not duplicate:
        return redirect(f"{request.path}?entity={entity.slug}")
    return redirect("admin:distribution_lead_change", answer["lead_id"])


def edit(request: HttpRequest, lead: Lead, context: Context) -> tuple[HttpResponse, list[str]]:
    """The page on which a lead is changed, and what its fields are called that were."""
    entity = entity_spec(Revision.current(), lead.entity_id)
    form = EditForm(entity, lead, request.POST if request.method == "POST" else None)
    if form.is_bound:
        try:
            changes = _save(lead.id, entity, form)
            messages.success(request, _("The lead was saved.") if changes else _("Nothing was changed."))
            return redirect("admin:distribution_lead_change", lead.id), form.labels(changes)
        except IntakeError as refused:
            form.refuse(refused.errors)
    shown = {"title": _("Edit lead"), "entity": entity, "form": form, "lead": lead}
    return _show(request, {**context, **shown}), []


@transaction.atomic
def _save(lead_id: UUID, entity: EntitySpec, form: EditForm) -> Context:
    """What was changed. Raises IntakeError, also where somebody else was faster."""
    changes = form.changes()
    if changes:
        hold_shared()
        clashes = form.clashes(entity, Lead.objects.select_for_update(no_key=True).get(id=lead_id))
        if clashes:
            raise IntakeError(clashes)
        edit_lead(lead_id=lead_id, entity=entity, body=changes)
    return changes


def _show(request: HttpRequest, context: Context) -> HttpResponse:
    status = 422 if context["form"].errors else 200
    return render(request, "admin/distribution/lead_form.html", context, status=status)
