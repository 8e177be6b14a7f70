"""Distribution profiles with their rules and partners. Each save is a version of its own."""

from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from distribution import services, usage
from distribution.admin import conflict, rules
from distribution.admin.assignment_delivery import scope_of
from distribution.admin.profile_partners import PartnersInline
from distribution.models import Assignment, Entity, Profile
from leadflip.kit.admin import is_needed, needed
from leadflip.kit.generics import ModelForm
from leadflip.kit.widgets import only_saved
from partners.admin.base import ConfigAdmin, person
from partners.admin.schedule import PolicyField
from partners.services import drop_settings


class ProfileForm(rules.Unchecked, ModelForm[Profile]):
    """The profile, and its rules in `rules`; the entity stays once saved: rules and decisions hang on it."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Profile
        fields = [
            "entity",
            "name",
            "description",
            "enabled",
            "strategy",
            "sold_limit",
            "failover",
            "base_price",
            "policy",
        ]
        field_classes: ClassVar = {"policy": PolicyField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version
        if not self.instance._state.adding and "entity" in self.fields:
            only_saved(self.fields["entity"], self.instance.entity)
        self.rules = builder(self.instance, self.data if self.is_bound else None)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if told := conflict.refusal(self):
            self.add_error(None, told)
        if cleaned and cleaned.get("entity"):
            if self.rules.is_valid():
                self.instance.rules = self.rules.document
            else:
                self.add_error(None, rules.see_rules())
        return cleaned

    @cached_property
    def changed_data(self) -> list[str]:
        names = [name for name in super().changed_data if name != "seen"]
        return [*names, *(["rules"] if self.rules.has_changed() else [])]


def builder(profile: Profile, data: Any) -> rules.Builder:
    """The profile's rules, as sent or as saved; of a new one, by the entity that is chosen."""
    if profile._state.adding:
        url = reverse("admin:distribution_profile_new_rules")
        entity = _chosen(data)
    else:
        url = reverse("admin:distribution_profile_rules", args=[profile.pk])
        entity = profile.entity
    fields = usage.live_fields(entity) if entity else {}
    return rules.Builder(data, profile.rules, entity_id=entity.pk if entity else None, fields=fields, url=url)


def _chosen(data: Any) -> Entity | None:
    """The entity that a new profile is for; where there is only one, that."""
    chosen = str(data.get("entity") or "") if data is not None else ""
    wanted = Q(pk=int(chosen)) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else Q()
    found = Entity.objects.filter(wanted)[:2]
    return found[0] if len(found) == 1 and (chosen or data is None) else None


@admin.register(Profile)
class ProfileAdmin(ConfigAdmin[Profile]):
    """Profiles; saving one puts it into force."""

    form = ProfileForm
    inlines = [PartnersInline]
    change_form_template = "admin/distribution/profile.html"
    add_form_template = "admin/distribution/profile.html"
    readonly_fields = ["version"]
    radio_fields = {"strategy": admin.VERTICAL}
    list_display = ["name", "entity", "enabled", "strategy", "partners", "version"]
    list_filter = ["enabled", "entity", "strategy"]
    nothing_yet = _("A profile says which partners get which leads. Without one, leads go nowhere.")
    list_select_related = ["entity"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        enabled = Count("assignments", filter=Q(assignments__enabled=True))
        profiles = super().get_queryset(request).select_related("entity")
        return profiles.annotate(enabled_count=enabled, rows=Count("assignments"))

    def get_fields(self, request: HttpRequest, obj: Profile | None = None) -> list[Any]:
        return [*ProfileForm.Meta.fields, *(["version"] if obj else [])]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        only = _chosen(None)
        return {**super().get_changeform_initial_data(request), **({"entity": only} if only else {})}

    def get_urls(self) -> list[Any]:
        own = self.admin_site.admin_view
        return [
            path("rules/", own(self.rules), name="distribution_profile_new_rules"),
            path("<int:pk>/rules/", own(self.rules), name="distribution_profile_rules"),
            *super().get_urls(),
        ]

    def rules(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """The section Rules, with what the form holds."""
        profile = Profile() if pk is None else get_object_or_404(Profile, pk=pk)
        may = self.has_add_permission(request) if pk is None else self.has_change_permission(request, profile)
        return rules.part(request, builder(profile, request.POST), may)

    @admin.display(description=_("partners"))
    def partners(self, profile: Any) -> int:
        """How many assignments are enabled."""
        return int(profile.enabled_count)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        def show() -> HttpResponse:
            return super(ProfileAdmin, self).changeform_view(request, object_id, form_url, extra_context)

        if object_id is None or not self.has_change_permission(request):
            return show()
        return conflict.guarded(request, lambda: self.get_object(request, object_id), show, lambda *_: True)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        scopes = [scope_of(gone.instance) for gone in formset.deleted_forms if gone.instance.pk]
        super().save_formset(request, form, formset, change)
        drop_settings(scopes)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.save_profile(profile=form.instance, by=person(request))

    def related(self, obj: Profile) -> list[Any]:
        """Its partners have pages of their own."""
        return list(obj.assignments.all())

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], Any, set[str], list[str]]:
        """What goes with profiles: their assignments, in one query; those that jobs hang on hold them."""
        rows = Assignment.objects.filter(profile__in=objs).select_related("partner", "profile")
        rows = rows.annotate(is_needed=needed(Assignment))
        held = [str(row) for row in rows if is_needed(row)]
        counts = {
            each._meta.verbose_name_plural: len(found)
            for each, found in ((Profile, objs), (Assignment, rows))
        }
        return [*map(str, objs), [*map(str, rows)]], counts, set(), held

    def delete_model(self, request: HttpRequest, obj: Profile) -> None:
        scopes = [scope_of(assignment) for assignment in obj.assignments.all()]
        super().delete_model(request, obj)
        drop_settings(scopes)
