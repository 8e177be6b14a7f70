"""Entities with their fields."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from distribution import services
from distribution.admin.duplicates import WAYS, EntityForm
from distribution.admin.fields import FieldInline
from distribution.admin.hosted_form import shown_on_entity
from distribution.models import Entity
from partners.admin.base import ConfigAdmin, person

ABOUT_DUPLICATES = _(
    "A lead is a duplicate where an earlier one has the same value in a field that has a number under Match, "
    "below. The first of them that is not empty and known decides. Without such a field there are none."
)


@admin.register(Entity)
class EntityAdmin(ConfigAdmin[Entity]):
    """Kinds of lead."""

    form = EntityForm
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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.renew_profiles(entity=form.instance, by=person(request))

    @admin.display(description=_("fields"))
    def field_count(self, entity: Entity) -> int:
        """Those that are not archived."""
        return sum(field.archived_at is None for field in entity.fields.all())

    @admin.display(description=_("hosted form"))
    def hosted_form(self, entity: Entity) -> SafeString:
        """Whether people can write leads themselves."""
        return shown_on_entity(entity)
