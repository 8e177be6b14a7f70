"""Partners, with how each is reached."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit import once
from leadflip.kit.generics import ModelForm
from partners.admin.base import ConfigAdmin
from partners.admin.caps import CAP_FIELDS, caps_fieldset, show_caps, used_lines
from partners.admin.delivery import DeliveryForm
from partners.admin.delivery_words import own_words, summary
from partners.admin.people import MemberInline
from partners.models import DeliverySettings, May, Partner, Revision
from partners.models.revision import hold_exclusive
from partners.used import use_reader

FIELDS = [
    "name",
    "contact_email",
    "phone",
    "tags",
    "zone",
    "active",
    "in_flight",
    "rate",
    "notes",
]
PORTAL_FIELDS = ["tells_why", "news_values", "return_days", "may"]
SEE_BELOW = _("Delivery: mend what is marked in that section.")
# Names the partner whose page is to send a test lead once it opens.
TEST_SLOT = "send_test"


class PartnerForm(ModelForm[Partner]):
    """The partner, and its Delivery section in `delivery`."""

    may = forms.MultipleChoiceField(
        label=Partner._meta.get_field("may").verbose_name,
        help_text=Partner._meta.get_field("may").help_text,
        choices=May.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Partner
        fields = [*FIELDS, *PORTAL_FIELDS, *CAP_FIELDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delivery = DeliveryForm(
            self.data if self.is_bound else None,
            current=self.instance.default_settings,
            rows=own_rows(self.instance),
            at=getattr(self.instance, "revision", None),
        )
        self.use = use_reader().use(self.instance)
        show_caps(self.fields, self.instance.caps, self.use.caps)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.delivery.is_valid():
            self.add_error(None, see_below())
        if told := self.delivery.refusal():
            self.add_error(None, told)
        return cleaned

    @cached_property
    def changed_data(self) -> list[str]:
        return [*super().changed_data, *(["delivery"] if self.delivery.has_changed() else [])]

    @property
    def whose(self) -> str:
        """Whose settings the section shows, and how many profiles use them."""
        if self.instance._state.adding:
            return ""
        return own_words(self.instance, self.use.profiles)


def see_below() -> SafeString:
    """The way from the top of a page to what is wrong in its section Delivery."""
    return format_html('<a href="#delivery">{}</a>', SEE_BELOW)


def own_rows(partner: Partner) -> dict[str, DeliverySettings]:
    """The partner's own settings by method."""
    if partner._state.adding:
        return {}
    return {row.kind: row for row in partner.delivery_settings.filter(scope="")}


def keep_secret(request: HttpRequest, delivery: DeliveryForm, owner: str, back: str) -> None:
    """Keeps a signing secret that this save made for the page that shows it."""
    if delivery.made_secret:
        once.keep(
            request,
            title=gettext("Signing secret of %(owner)s") % {"owner": owner},
            text=gettext("The partner checks the signature of each webhook with this secret."),
            secret=delivery.made_secret,
            back=back,
        )


@admin.register(Partner)
class PartnerAdmin(ConfigAdmin[Partner]):
    """Who receives leads."""

    form = PartnerForm
    inlines = [MemberInline]
    list_display = ["name", "active", "delivery", "contact_email"]
    list_filter = ["active"]
    nothing_yet = _("Partners receive leads, by email, webhook or in the portal.")
    search_fields = ["name", "contact_email"]
    readonly_fields = ["caps_used"]
    change_form_template = "admin/partners/partner.html"
    add_form_template = "admin/partners/partner.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        return (
            super()
            .get_queryset(request)
            .select_related("default_settings__policy", "default_settings__address_change")
            .annotate(revision=Subquery(Revision.objects.values("number")[:1]))
        )

    def get_fieldsets(self, request: HttpRequest, obj: Partner | None = None) -> list[Any]:
        caps = caps_fieldset(obj)
        if obj is not None and not self.has_change_permission(request, obj):
            caps = (caps[0], {"fields": ["caps_used"]})
        return [(None, {"fields": FIELDS}), (_("In its portal"), {"fields": PORTAL_FIELDS}), caps]

    @admin.display(description=_("used"))
    def caps_used(self, partner: Partner) -> str:
        """The caps with what is used, for those who may only read them."""
        return used_lines(partner.caps, use_reader().use(partner).caps)

    @admin.display(description=_("delivery"))
    def delivery(self, partner: Partner) -> str:
        """The method in force, and where it leads."""
        return summary(partner.default_settings)

    def save_model(self, request: HttpRequest, obj: Partner, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        row = form.delivery.save(obj)
        if row is not None and row != obj.default_settings:
            obj.default_settings = row
            obj.save(update_fields=["default_settings"])
        back = reverse("admin:partners_partner_change", args=[obj.pk])
        keep_secret(request, form.delivery, str(obj), back)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        waits = request.method == "GET" and request.session.get(TEST_SLOT) == object_id
        if waits:
            del request.session[TEST_SLOT]
        shown = {"send_test": waits, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, shown)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        with transaction.atomic():
            if request.method == "POST":
                # What the form compares is then what it would replace.
                hold_exclusive()
            return super().changeform_view(request, object_id, form_url, extra_context)

    def response_add(
        self, request: HttpRequest, obj: Partner, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_test" in request.POST:
            request.session[TEST_SLOT] = str(obj.pk)
            page = reverse("admin:partners_partner_change", args=[obj.pk])
            return once.way(request) or HttpResponseRedirect(f"{page}#try")
        return once.way(request) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Partner) -> HttpResponse:
        return once.way(request) or super().response_change(request, obj)
