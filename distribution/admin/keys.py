"""API keys: made here and shown once, revoked here."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from delivery.pages.words import ERROR_CLASSES
from distribution import services
from distribution.models import ApiKey
from leadflip.kit import clock, once, show
from leadflip.kit.generics import ModelForm
from partners import audit
from partners.admin.base import ConfigAdmin, person
from partners.outgoing import OutgoingError, check_url
from partners.outgoing.secrets import new_secret
from partners.services import touch


class KeyForm(ModelForm[ApiKey]):
    """The key, and whether what signs its call-backs is made anew."""

    new_secret = forms.BooleanField(
        label=_("Make a new signing secret"),
        required=False,
        help_text=_("For call-backs. Shown once; the one in use ends now."),
    )

    class Meta:
        model = ApiKey
        fields = ["name", "source", "entities", "duplicates", "rate", "audit", "callback_url"]

    def clean_callback_url(self) -> str:
        """An address that the guard lets out."""
        url = str(self.cleaned_data["callback_url"]).strip()
        if url:
            try:
                check_url(url, tuple(settings.OUTGOING_ALLOW))
            except OutgoingError as error:
                raise forms.ValidationError(str(error)) from None
        return url


@admin.register(ApiKey)
class ApiKeyAdmin(ConfigAdmin[ApiKey]):
    """Lead sources' keys. One that is not wanted any more is revoked, so that its leads still name it."""

    form = KeyForm
    own = ["name", "source", "entities", "duplicates", "rate", "audit"]
    readonly_fields = ["told", "shown_prefix", "created_at", "last_used", "revoked_at"]
    fields = [*own, "callback_url", "new_secret", *readonly_fields]
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
            super().save_model(request, obj, form, change)
            self._seal(request, obj, new=form.cleaned_data["new_secret"])
            return None
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

    def _seal(self, request: HttpRequest, key: ApiKey, *, new: bool) -> None:
        """A secret where call-backs have an address and none, or want another; none without an address."""
        if not key.callback_url:
            key.put_callback_secret(None)
        elif new or not key.sealed:
            secret = new_secret()
            key.put_callback_secret(secret)
            once.keep(
                request,
                title=gettext("Signing secret of the call-backs of “%(name)s”") % {"name": key.name},
                text=gettext("The lead source checks the signature of each call-back with it."),
                secret=secret,
                back=reverse("admin:distribution_apikey_change", args=[key.pk]),
            )
        key.save(update_fields=["sealed"])

    @admin.display(description=_("last call-back"))
    def told(self, key: ApiKey) -> str:
        """What became of the last answer that its source was to hear of."""
        last = key.callbacks.order_by("-id").first()
        if last is None:
            return gettext("None yet")
        if last.taken_at:
            return gettext("Taken %(when)s") % {"when": show.full_time(last.taken_at)}
        why = ERROR_CLASSES.get(last.said, last.said)
        if last.due is None:
            return gettext("Given up: %(why)s") % {"why": why}
        return gettext("Not taken yet: %(why)s") % {"why": why} if why else gettext("On its way")

    def response_change(self, request: HttpRequest, obj: ApiKey) -> HttpResponse:
        return once.way(request) or super().response_change(request, obj)

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
