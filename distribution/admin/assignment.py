"""A partner in a profile on a page of its own: rank, price, rules, delivery."""

from functools import cached_property
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from delivery.pages import trying
from delivery.pages.trying import HtmxRequest
from distribution import services, usage
from distribution.admin import rules
from distribution.admin.assignment_delivery import AssignmentDelivery, scope_of, typed
from distribution.models import Assignment
from leadflip.kit import once
from leadflip.kit.generics import ModelForm
from partners.admin.base import ConfigAdmin, person
from partners.admin.partner import keep_secret, see_below
from partners.services import drop_settings


class AssignmentForm(ModelForm[Assignment]):
    """The assignment, and its Delivery section in `delivery`."""

    rules = rules.RulesField()

    class Meta:
        model = Assignment
        fields = ["enabled", "priority", "price", "rules"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delivery = AssignmentDelivery(self.data if self.is_bound else None, self.instance)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        rules.check(self, usage.live_fields(self.instance.profile.entity_id))
        if not self.delivery.is_valid():
            self.add_error(None, see_below())
        return cleaned

    @cached_property
    def changed_data(self) -> list[str]:
        return [*super().changed_data, *(["delivery"] if self.delivery.has_changed() else [])]


@admin.register(Assignment)
class AssignmentAdmin(ConfigAdmin[Assignment]):
    """Reached from its profile, and leads back there."""

    form = AssignmentForm
    fields = ["profile", "partner", "enabled", "priority", "price", "rules", "words"]
    readonly_fields = ["profile", "partner", "words"]
    list_display = ["partner", "profile", "priority", "enabled"]
    list_select_related = ["partner", "profile"]
    change_form_template = "admin/distribution/assignment.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        related = ("profile__entity", "partner__default_settings__policy", "settings__policy")
        return super().get_queryset(request).select_related(*related)

    def get_urls(self) -> list[Any]:
        own = self.admin_site.admin_view
        return [
            path("<int:pk>/preview/", own(self.preview), name="distribution_assignment_preview"),
            path("<int:pk>/letter/", own(self.letter), name="distribution_assignment_letter"),
            path("<int:pk>/test/", own(self.test), name="distribution_assignment_test"),
            *super().get_urls(),
        ]

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

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """None, which keeps it out of the sidebar."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # partners join a profile on its page

    @admin.display(description=_("rules in words"))
    def words(self, assignment: Assignment) -> str:
        """The saved rules as a sentence."""
        return rules.in_words(assignment.rules, assignment.profile.entity_id)

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
