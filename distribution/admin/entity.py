"""Entities with their fields."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from distribution import services
from distribution.admin.duplicates import WAYS, EntityForm
from distribution.admin.fields import FieldInline
from distribution.admin.hosted_form import shown_on_entity
from distribution.admin.ready import chosen, ready_made
from distribution.api import examples
from distribution.catalogue import entities
from distribution.models import Entity
from partners.admin.base import ConfigAdmin, person
from partners.models import Revision

ABOUT_DUPLICATES = _(
    "A lead is a duplicate where an earlier one has the same value in a field that has a number under Match, "
    "below. The first of them that is not empty and known decides. Without such a field there are none."
)


@admin.register(Entity)
class EntityAdmin(ConfigAdmin[Entity]):
    """Kinds of lead."""

    form = EntityForm
    change_form_template = "admin/distribution/entity.html"
    inlines = [FieldInline]
    readonly_fields = ["hosted_form"]
    list_display = ["name", "slug", "currency", "field_count"]
    search_fields = ["name", "slug"]
    nothing_yet = _("An entity is a kind of lead, with the fields that a lead of it has.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entity]:
        return super().get_queryset(request).prefetch_related("fields")

    def get_fieldsets(self, request: HttpRequest, obj: Entity | None = None) -> Any:
        own = ["name", "slug", "currency", "country", "display_field"]
        return [
            (None, {"fields": [*own, "hosted_form"] if obj else own}),
            (
                _("Duplicates"),
                {
                    "fields": [*WAYS, "duplicate_days"],
                    "description": ABOUT_DUPLICATES,
                },
            ),
        ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Entity | None = None) -> dict[str, Any]:
        return {} if obj else {"slug": ["name"]}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        ready = chosen(request)
        return dict(ready.initial) if ready else super().get_changeform_initial_data(request)

    def get_formset_kwargs(self, request: HttpRequest, obj: Entity, inline: Any, prefix: str) -> Any:
        """A ready-made entity's rows are what is typed, not what is there: none of them when it is sent."""
        given = super().get_formset_kwargs(request, obj, inline, prefix)
        ready = chosen(request)
        if ready and request.method == "GET" and obj._state.adding:
            given["initial"] = [dict(row) for row in ready.fields]
        return given

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        entity = context.get("original")
        more = _example(request, entity) if entity else {"ready_made": ready_made()}
        return super().render_change_form(request, {**context, **more}, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.untick_gone(entity=form.instance)
        services.renew_profiles(entity=form.instance, by=person(request))

    @admin.display(description=_("fields"))
    def field_count(self, entity: Entity) -> int:
        """Those that are not archived."""
        return sum(field.archived_at is None for field in entity.fields.all())

    @admin.display(description=_("hosted form"))
    def hosted_form(self, entity: Entity) -> SafeString:
        """Whether people can write leads themselves."""
        return shown_on_entity(entity)


def _example(request: HttpRequest, entity: Entity) -> dict[str, Any]:
    """A lead of the saved fields as JSON and as a command; nothing for an entity without fields."""
    spec = entities(Revision.current()).get(entity.pk)
    if spec is None or not spec.fields:
        return {}
    example = examples.of(spec)
    return {
        "example": example,
        "example_json": json.dumps(example.lead, ensure_ascii=False, indent=2),
        "intake": request.build_absolute_uri("/api/intake"),
    }
