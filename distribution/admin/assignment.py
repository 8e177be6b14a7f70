"""A partner in a profile on a page of its own: rank, price, rules, delivery."""

from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.pages import trying
from delivery.pages.trying import HtmxRequest
from distribution import cap_uses, own_caps, services, usage
from distribution.admin import conflict, hours, rules
from distribution.admin.assignment_delivery import AssignmentDelivery, scope_of, typed
from distribution.models import Assignment, Profile
from distribution.models.profile import Strategy
from leadflip.kit import once
from leadflip.kit.generics import ModelForm
from partners.admin.base import ConfigAdmin, person
from partners.admin.caps import CAP_FIELDS, caps_fieldset, show_caps, used_lines
from partners.admin.partner import keep_secret, see_below
from partners.models import May
from partners.services import drop_settings


class AssignmentForm(hours.HoursForm, rules.Unchecked, ModelForm[Assignment]):
    """The assignment, its open hours, its rules in `rules` and its Delivery section in `delivery`."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Assignment
        fields = ["enabled", "priority", "price", "weight", *CAP_FIELDS, "pacing", "closed"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        data = self.data if self.is_bound else None
        self.initial["seen"] = self.instance.profile.version
        self.initial.update(self.initial_hours(self.instance))
        show_caps(self.fields, self.instance.caps, cap_uses.of_assignment(self.instance))
        self.rules = builder(self.instance, data)
        self.delivery = AssignmentDelivery(data, self.instance)
        if rules.pressed(data):
            self.delivery.leave_unchecked()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if told := conflict.refusal(self):
            self.add_error(None, told)
        self.instance.hours = self.hours_document()
        if self.rules.is_valid():
            self.instance.rules = self.rules.document
        else:
            self.add_error(None, rules.see_rules())
        if not self.delivery.is_valid():
            self.add_error(None, see_below())
        if told := self.delivery.refusal():
            self.add_error(None, told)
        return cleaned

    @cached_property
    def changed_data(self) -> list[str]:
        names = [name for name in super().changed_data if name != "seen"]
        rules_too = ["rules"] if self.rules.has_changed() else []
        return [*names, *rules_too, *(["delivery"] if self.delivery.has_changed() else [])]


def builder(assignment: Assignment, data: Any) -> rules.Builder:
    """The assignment's rules, as sent or as saved."""
    profile = assignment.profile
    return rules.Builder(
        data,
        assignment.rules,
        entity_id=profile.entity_id,
        fields=usage.live_fields(profile.entity),
        further=profile.rules,
        url=reverse("admin:distribution_assignment_rules", args=[assignment.pk]),
    )


@admin.register(Assignment)
class AssignmentAdmin(ConfigAdmin[Assignment]):
    """Reached from its profile, and leads back there."""

    form = AssignmentForm
    readonly_fields = ["profile", "partner", "caps_used", "own_cap_words", "hours_lines"]
    list_display = ["partner", "profile", "priority", "enabled"]
    list_select_related = ["partner", "profile"]
    change_form_template = "admin/distribution/assignment.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        related = (
            "profile__entity",
            "partner__default_settings__policy",
            "settings__policy",
            "cap_use",
            "own_cap",
        )
        rows = super().get_queryset(request).select_related(*related)
        return rows.annotate(partner_profiles=cap_uses.profiles_with("partner"))

    def get_urls(self) -> list[Any]:
        own = self.admin_site.admin_view
        return [
            path("<int:pk>/rules/", own(self.rules), name="distribution_assignment_rules"),
            path("<int:pk>/preview/", own(self.preview), name="distribution_assignment_preview"),
            path("<int:pk>/letter/", own(self.letter), name="distribution_assignment_letter"),
            path("<int:pk>/test/", own(self.test), name="distribution_assignment_test"),
            *super().get_urls(),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Assignment | None = None) -> list[Any]:
        """The weight is of use where the profile takes turns by it."""
        turns = obj is not None and obj.profile.strategy == Strategy.ROUND_ROBIN
        numbers = ("priority", "price", "weight") if turns else ("priority", "price")
        own = ["own_cap_words"] if obj is not None and May.CAPS in obj.partner.may else []
        caps = caps_fieldset(obj.partner if obj else None, "pacing", *own)
        may_change = self.has_change_permission(request, obj)
        if not may_change:
            caps = (caps[0], {"fields": ["caps_used", "pacing", *own]})
        top = (None, {"fields": [("profile", "partner"), "enabled", numbers]})
        return [top, caps, hours.fieldset(obj, may_change=may_change)]

    @admin.display(description=_("times"))
    def hours_lines(self, assignment: Assignment) -> str:
        """The open hours, for those who may only read them."""
        return hours.lines(assignment)

    @admin.display(description=_("used"))
    def caps_used(self, assignment: Assignment) -> str:
        """The caps with what is used, for those who may only read them."""
        return used_lines(assignment.caps, cap_uses.of_assignment(assignment))

    @admin.display(description=_("lowered by the partner"))
    def own_cap_words(self, assignment: Assignment) -> str:
        """The caps that the partner set in its portal."""
        row = getattr(assignment, "own_cap", None)
        return (own_caps.words(row.own) if row else "") or gettext("Nothing")

    def rules(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The section Rules, with what the form holds."""
        assignment = get_object_or_404(self.get_queryset(request), pk=pk)
        may = self.has_change_permission(request, assignment)
        return rules.part(request, builder(assignment, request.POST), may)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        def show() -> HttpResponse:
            return super(AssignmentAdmin, self).changeform_view(request, object_id, form_url, extra_context)

        def profile() -> Profile | None:
            assignment = self.get_object(request, object_id or "")
            return assignment.profile if assignment else None

        def changed(profile: Profile, sent: QueryDict) -> bool:
            return conflict.row_changed(profile, sent, int(object_id or 0))

        if not self.has_change_permission(request):
            return show()
        return conflict.guarded(request, profile, show, changed)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What would be sent with what the form holds."""
        assignment = self._posted(request, pk)
        letter = reverse("admin:distribution_assignment_letter", args=[pk])
        return trying.show(cast(HtmxRequest, request), typed(request.POST, assignment), letter)

    def letter(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The e-mail's HTML, for a frame."""
        return trying.show_letter(typed(request.POST, self._posted(request, pk)))

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sends a test lead with what the form holds."""
        assignment = self._posted(request, pk)
        return trying.test(cast(HtmxRequest, request), typed(request.POST, assignment), assignment.partner)

    def _posted(self, request: HttpRequest, pk: int) -> Assignment:
        if request.method != "POST":
            raise Http404
        assignment = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, assignment):
            raise PermissionDenied
        return assignment

    def watched(self, obj: Assignment) -> list[Any]:
        """The partner's own settings are edited here, too."""
        return [obj, obj.partner]

    def related(self, obj: Assignment) -> list[Any]:
        """The profile's page changes rank and price of all its partners."""
        return [obj.profile]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """None, which keeps it out of the sidebar."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # partners join a profile on its page

    def save_model(self, request: HttpRequest, obj: Assignment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        form.delivery.save()
        obj.save(update_fields=["settings"])
        services.save_profile(profile=obj.profile, by=person(request))
        back = reverse("admin:distribution_assignment_change", args=[obj.pk])
        keep_secret(request, form.delivery.form, str(obj), back)

    def delete_model(self, request: HttpRequest, obj: Assignment) -> None:
        scope, profile = scope_of(obj), obj.profile
        super().delete_model(request, obj)
        drop_settings([scope])
        services.save_profile(profile=profile, by=person(request))

    def response_change(self, request: HttpRequest, obj: Assignment) -> HttpResponse:
        return once.way(request) or super().response_change(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Assignment) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:distribution_profile_change", args=[obj.profile_id]))
