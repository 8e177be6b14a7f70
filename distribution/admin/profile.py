"""Distribution profiles with their partners. Each save is a version of its own."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution import services, usage
from distribution.admin import rules
from distribution.admin.assignment_delivery import scope_of, sentence
from distribution.models import Assignment, Profile
from leadflip.kit.admin import BlockInline
from leadflip.kit.generics import BaseInlineFormSet, ModelForm
from partners.admin.base import ConfigAdmin, person
from partners.services import drop_settings


class ProfileForm(ModelForm[Profile]):
    """The profile; the entity stays once it is saved, since rules and decisions hang on it."""

    rules = rules.RulesField()

    class Meta:
        model = Profile
        fields = ["entity", "name", "description", "enabled", "strategy", "base_price", "policy", "rules"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and "entity" in self.fields:
            self.fields["entity"].disabled = True

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and cleaned.get("entity"):
            rules.check(self, usage.live_fields(cleaned["entity"].pk))
        return cleaned


class AssignmentRowForm(ModelForm[Assignment]):
    """A partner in the profile; who it is stays once it is saved, since jobs hang on it."""

    rules = rules.RulesField()

    class Meta:
        model = Assignment
        fields = ["partner", "priority", "price", "enabled", "rules"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and "partner" in self.fields:
            self.fields["partner"].disabled = True


class AssignmentFormSet(BaseInlineFormSet[Assignment, Profile, ModelForm[Assignment]]):
    """The profile's partners, their rules checked against the profile's entity."""

    def clean(self) -> None:
        super().clean()
        if not self.instance.entity_id:
            return
        fields = usage.live_fields(self.instance.entity_id)
        for form in self.forms:
            if form not in self.deleted_forms and hasattr(form, "cleaned_data"):
                rules.check(form, fields)


class AssignmentInline(BlockInline[Assignment, Profile]):
    """Each partner in a block, best-ranked first."""

    model = Assignment
    form = AssignmentRowForm
    formset = AssignmentFormSet
    fields = [("partner", "priority", "price"), "enabled", "rules", "words", "delivery"]
    readonly_fields = ["words", "delivery"]
    autocomplete_fields = ["partner"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        related = ("partner__default_settings", "settings", "profile")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Rules in words"))
    def words(self, assignment: Assignment) -> str:
        """The saved rules as a sentence."""
        return rules.in_words(assignment.rules, assignment.profile.entity_id) if assignment.pk else "–"

    @admin.display(description=_("Delivery"))
    def delivery(self, assignment: Assignment) -> SafeString | str:
        """Whose settings they are, and the way to them."""
        if not assignment.pk:
            return gettext("The partner's own settings. Save first to give it others.")
        link = reverse("admin:distribution_assignment_change", args=[assignment.pk])
        return format_html(
            '{} · <a href="{}#delivery">{}</a>', sentence(assignment), link, gettext("Delivery…")
        )


@admin.register(Profile)
class ProfileAdmin(ConfigAdmin[Profile]):
    """Profiles; saving one puts it into force."""

    form = ProfileForm
    inlines = [AssignmentInline]
    fields = [
        "entity",
        "name",
        "description",
        "enabled",
        "strategy",
        "base_price",
        "policy",
        "rules",
        "words",
        "version",
    ]
    readonly_fields = ["words", "version"]
    radio_fields = {"strategy": admin.VERTICAL}
    list_display = ["name", "entity", "enabled", "strategy", "partners", "version"]
    list_filter = ["enabled", "entity", "strategy"]
    list_select_related = ["entity"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        return super().get_queryset(request).prefetch_related("assignments")

    @admin.display(description=_("partners"))
    def partners(self, profile: Profile) -> int:
        """How many assignments are enabled."""
        return sum(assignment.enabled for assignment in profile.assignments.all())

    @admin.display(description=_("rules in words"))
    def words(self, profile: Profile) -> str:
        """The saved rules as a sentence."""
        return rules.in_words(profile.rules, profile.entity_id) if profile.pk else "–"

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        scopes = [scope_of(gone.instance) for gone in formset.deleted_forms if gone.instance.pk]
        super().save_formset(request, form, formset, change)
        drop_settings(scopes)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.save_profile(profile=form.instance, by=person(request))

    def delete_model(self, request: HttpRequest, obj: Profile) -> None:
        scopes = [scope_of(assignment) for assignment in obj.assignments.all()]
        super().delete_model(request, obj)
        drop_settings(scopes)
