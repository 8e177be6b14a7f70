"""Leads: their values, why they went where they went, and what became of the jobs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from delivery.models import Job
from distribution.admin import lead_edit, lead_page
from distribution.models import Field, Lead
from distribution.routing.again import route_again
from distribution.routing.waiting import BATCH
from leadflip.kit.crypto import SealError
from leadflip.kit.needs import needs
from leadflip.kit.templatetags.kit import badge, test_badge
from partners import audit
from partners.admin.base import AuditedAdmin, person
from partners.models.audit import Verb

MOST_AT_ONCE = 1000
EDIT, REVEAL = "distribution.change_lead", "distribution.reveal_lead"


@admin.register(Lead)
class LeadAdmin(AuditedAdmin[Lead]):
    """Values of encrypted and sensitive fields are masked for everybody."""

    list_display = ["named", "routed", "delivered", "received", "entity", "source"]
    list_filter = ["routing", "entity"]
    nothing_yet = _("Leads appear here as sources send them.")
    list_select_related = ["entity"]
    ordering = ["-id"]
    growing = True
    sortable_by = ()
    search_fields = ["id"]
    search_help_text = _("A lead's id, whole.")
    change_form_template = "admin/distribution/lead.html"
    actions = ["route_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        fields = Prefetch("entity__fields", Field.objects.filter(archived_at=None))
        jobs = Prefetch("jobs", Job.objects.filter(test=False).only("lead_id", "status"))
        return super().get_queryset(request).prefetch_related(fields, jobs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        try:
            return queryset.filter(pk=UUID(search_term.strip())) if search_term else queryset, False
        except ValueError:
            return queryset.none(), False

    def has_change_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        """Not on the lead's own page: see `edit`."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whoever acts on jobs may have leads routed again."""
        return request.user.has_perm("delivery.act_job")

    @admin.action(description=_("Route again"), permissions=["act"])
    def route_again(self, request: HttpRequest, leads: QuerySet[Lead]) -> None:
        """Lets the profiles in force decide the chosen leads once more, a hundred a transaction."""
        ids = list(leads.filter(test=False).order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(ids) > MOST_AT_ONCE:
            text = _("Choose at most %(most)d leads: each is decided anew.") % {"most": MOST_AT_ONCE}
            self.message_user(request, text, messages.WARNING)
            return
        made = sum(_again(request, ids[first : first + BATCH]) for first in range(0, len(ids), BATCH))
        text = ngettext(
            "%(count)d distribution job was made.", "%(count)d distribution jobs were made.", made
        )
        told = _("Who had a lead does not get it again, and nobody while an attempt's end is unknown.")
        self.message_user(request, f"{text % {'count': made}} {told}", messages.SUCCESS)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A page of our own, to read."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        lead = _found(object_id)
        if lead is None:
            messages.warning(request, _("There is no lead with this id any more."))
            return redirect("admin:distribution_lead_changelist")
        return self._page(request, lead)

    def _page(self, request: HttpRequest, lead: Any, **more: Any) -> HttpResponse:
        name = lead_page.name(lead)
        shown = {
            "title": _("Lead"),
            "subtitle": name,
            "name": name,
            "opts": self.opts,
            "may_edit": request.user.has_perm(EDIT) and lead.erased_at is None,
            "may_reveal": request.user.has_perm(REVEAL),
            **lead_page.context(lead),
            **more,
        }
        return render(request, self.change_form_template, {**self.admin_site.each_context(request), **shown})

    @method_decorator(transaction.atomic)
    def reveal(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        """The masked values in clear, once; who saw them stands in the audit log."""
        lead = lead_page.find(lead_id)
        if lead is None:
            raise Http404
        try:
            shown = lead_page.values(lead, lead_page.reveal(lead, person(request)))
        except SealError:
            told = _("None of the keys in ENCRYPTION_KEYS opens what was kept of this lead.")
            shown = {**lead_page.values(lead), "missing": told}
        if getattr(request, "htmx", False):
            part = {"lead": lead, "may_reveal": True, "swapped": True, **shown}
            return render(request, "distribution/_lead_values.html", part)
        return self._page(request, lead, **shown)

    def get_urls(self) -> list[URLPattern]:
        own = {
            "now": self.now,
            "edit": needs(EDIT)(self.edit),
            "reveal": require_POST(needs(REVEAL)(self.reveal)),
        }
        paths = [
            path(
                f"<uuid:lead_id>/{name}/", self.admin_site.admin_view(view), name=f"distribution_lead_{name}"
            )
            for name, view in own.items()
        ]
        return [*paths, *super().get_urls()]

    @method_decorator(transaction.atomic)
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form with the fields of an entity; who typed it in stands in the lead's history."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        shown = {**self.admin_site.each_context(request), "opts": self.opts}
        response, made = lead_edit.add(request, shown)
        if made is not None:
            audit.note(by=person(request), verb=Verb.ADDED, obj=Lead(pk=made))
        return response

    @method_decorator(transaction.atomic)
    def edit(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        """The same form for a lead that is there; who changed which fields stands in its history."""
        lead = lead_page.find(lead_id)
        if lead is None:
            raise Http404
        if lead.erased_at is not None:
            messages.warning(request, _("The values of this lead were erased: it cannot be changed."))
            return redirect("admin:distribution_lead_change", lead_id)
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "name": lead_page.name(lead)}
        response, changed = lead_edit.edit(request, lead, shown)
        if changed:
            changes = [{"what": label, "secret": "changed"} for label in changed]
            audit.note(by=person(request), verb=Verb.CHANGED, obj=lead, changes=changes)
        return response

    def now(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        """What changed since `?seen=<mark>`: the story anew, or nothing but the next question."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        lead = lead_page.find(lead_id)
        if lead is None:
            raise Http404
        shown = lead_page.now(lead)
        if request.GET.get("seen") == shown["mark"]:
            return render(request, "distribution/_lead_poll.html", shown)
        return render(request, "distribution/_lead_now.html", lead_page.context(lead))

    @admin.display(description=_("received"))
    def received(self, lead: Lead) -> Any:
        """When it came in."""
        return lead.created_at

    @admin.display(description=_("lead"))
    def named(self, lead: Lead) -> str:
        """Its display field, or the end of its id."""
        return lead_page.name(lead)

    @admin.display(description=_("routing"))
    def routed(self, lead: Lead) -> SafeString:
        """Where its routing stands; a test is not routed."""
        return test_badge() if lead.test else badge(lead.routing, lead.get_routing_display())

    @admin.display(description=_("jobs"))
    def delivered(self, lead: Lead) -> str:
        """“2 of 3 delivered”."""
        statuses = [job.status for job in lead.jobs.all()]
        if not statuses:
            return "–"
        return gettext("%(delivered)d of %(all)d delivered") % {
            "delivered": statuses.count("delivered"),
            "all": len(statuses),
        }


@transaction.atomic
def _again(request: HttpRequest, ids: Sequence[UUID]) -> int:
    """How many jobs that made."""
    audit.acted(by=person(request), what=gettext("Route again"), objects=[Lead(pk=each) for each in ids])
    return route_again(ids)


def _found(object_id: str) -> Any:
    """The lead of that id as its page needs it; None for what is no id too."""
    try:
        return lead_page.find(UUID(unquote(object_id)))
    except ValueError:
        return None
