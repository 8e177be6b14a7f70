"""API keys: made here and shown once, revoked here."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from distribution import services
from distribution.models import ApiKey
from leadflip.kit import clock, once
from partners import audit
from partners.admin.base import ConfigAdmin, person
from partners.services import touch


@admin.register(ApiKey)
class ApiKeyAdmin(ConfigAdmin[ApiKey]):
    """Lead sources' keys. One that is not wanted any more is revoked, so that its leads still name it."""

    own = ["name", "source", "entities", "duplicates", "rate", "audit"]
    fields = [*own, "shown_prefix", "created_at", "last_used", "revoked_at"]
    readonly_fields = ["shown_prefix", "created_at", "last_used", "revoked_at"]
    list_display = ["name", "shown_prefix", "source", "last_used", "in_force"]
    nothing_yet = _("A lead source sends its leads with an API key.")
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "prefix", "source"]
    ordering = ["name", "pk"]
    actions = ["revoke", "put_back"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.fields if obj else self.own

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{"widget": forms.CheckboxSelectMultiple, **kwargs}
        )

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    @admin.display(description=_("key"))
    def shown_prefix(self, key: ApiKey) -> str:
        """The part that may be shown."""
        return f"{key.prefix}…"

    @admin.display(description=_("in force"), boolean=True)
    def in_force(self, key: ApiKey) -> bool:
        """Whether it is not revoked."""
        return key.revoked_at is None

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            return super().save_model(request, obj, form, change)
        touch()
        made, plain = services.make_key(
            name=obj.name, source=obj.source, duplicates=obj.duplicates, rate=obj.rate, audit=obj.audit
        )
        obj.__dict__.update(made.__dict__)
        once.keep(
            request,
            title=gettext("API key “%(name)s”") % {"name": obj.name},
            text=gettext("The lead source sends it as “Authorization: Bearer …”."),
            secret=plain,
            back=reverse("admin:distribution_apikey_changelist"),
        )
        return None

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return once.way(request) or super().response_add(request, obj, post_url_continue)

    def _set(self, request: HttpRequest, keys: QuerySet[ApiKey], revoked: datetime | None) -> int:
        touch()
        chosen = list(keys)
        with audit.watching(person(request), *chosen):
            return ApiKey.objects.filter(pk__in=[key.pk for key in chosen]).update(revoked_at=revoked)

    @admin.action(description=_("Revoke the chosen keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Requests with these keys are refused from now on."""
        with transaction.atomic():
            count = self._set(request, queryset.filter(revoked_at=None), clock.now())
        words = ngettext(
            "%(count)d key revoked: requests with it are refused from now on.",
            "%(count)d keys revoked: requests with them are refused from now on.",
            count,
        )
        self.message_user(request, words % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Put the chosen keys back into force"), permissions=["change"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Undoes `revoke`."""
        with transaction.atomic():
            count = self._set(request, queryset.exclude(revoked_at=None), None)
        words = ngettext("%(count)d key is in force again.", "%(count)d keys are in force again.", count)
        self.message_user(request, words % {"count": count}, messages.SUCCESS)
