"""The account-level SMTP server: one row, its password write-only."""

from email.utils import parseaddr
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from delivery import destinations, smtp_words
from delivery.admin.password import PasswordForm, server_name
from delivery.bounce import state as bounces
from delivery.models import SmtpAccount
from delivery.smtp.account import mail_domain
from leadflip.kit.widgets import Radios
from partners.admin.base import ConfigAdmin, person


class SmtpForm(PasswordForm[SmtpAccount]):
    """The account."""

    class Meta:
        model = SmtpAccount
        fields = ["host", "port", "security", "user", "from_address", "bounce_domain", "connections"]
        help_texts = {
            # Django prints help texts as HTML.
            "from_address": _("Such as “Leads &lt;leads@example.com&gt;” or leads@example.com."),
            "bounce_domain": _(
                "Letters that cannot be delivered return to addresses b+…@ this domain. "
                "Empty: they return to the “from” address."
            ),
        }
        widgets = {
            "user": forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"}),
            "security": Radios(_("Security")),
        }

    def clean_host(self) -> str:
        return server_name(self.cleaned_data["host"], "smtp.example.com")

    def clean_bounce_domain(self) -> str:
        written: str = self.cleaned_data["bounce_domain"].strip()
        try:
            return mail_domain(written) if written else ""
        except ValueError:
            raise ValidationError(_("Write a mail domain alone, such as bounces.example.com.")) from None

    def clean_from_address(self) -> str:
        written: str = self.cleaned_data["from_address"].strip()
        try:
            validate_email(parseaddr(written)[1])
        except ValidationError:
            raise ValidationError(
                _("Write an address such as leads@example.com or “Leads <leads@example.com>”.")
            ) from None
        return written

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if (
            cleaned is not None
            and cleaned.get("security") == SmtpAccount.Security.NONE
            and self._will_sign_in(cleaned)
        ):
            message = _(
                "Without TLS no password is sent. Choose STARTTLS or TLS, or empty user and password."
            )
            self.add_error("security", message)
        return cleaned

    def _will_sign_in(self, cleaned: dict[str, Any]) -> bool:
        kept = self.has_password and not cleaned.get("remove_password")
        return bool(cleaned.get("user") or cleaned.get("password") or kept)


@admin.register(SmtpAccount)
class SmtpAccountAdmin(ConfigAdmin[SmtpAccount]):
    """There is one account, so its list is its form."""

    form = SmtpForm
    change_form_template = add_form_template = "admin/delivery/smtp.html"

    def save_model(self, request: HttpRequest, obj: SmtpAccount, form: Any, change: bool) -> None:
        super().save_model(request, form.typed(person(request)), form, change)
        if form.changed_data:
            destinations.mended(None)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        shown = {
            "title": _("E-mail settings"),
            "subtitle": None,
            "show_save_and_add_another": False,
            **smtp_words.state(),
            "bounces": bounces.state(),
            "test_to": person(request).email,
        }
        return super().changeform_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def get_fieldsets(self, request: HttpRequest, obj: SmtpAccount | None = None) -> Any:
        shown = ["host", "port", "security", "user", "from_address", "bounce_domain", "connections"]
        if self._may_write(request, obj):
            shown[4:4] = ["password", "remove_password"]
        return [(None, {"fields": shown})]

    def _may_write(self, request: HttpRequest, obj: SmtpAccount | None) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not SmtpAccount.objects.exists()

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """For the sidebar of every page, which need not ask whether there is a row: nothing to add there."""
        may = self.has_view_permission(request), self.has_change_permission(request)
        return {"add": False, "delete": False, "view": may[0], "change": may[1]}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if SmtpAccount.objects.exists():
            return HttpResponseRedirect(reverse("admin:delivery_smtpaccount_change", args=[1]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:delivery_smtpaccount_add"))
        return super().changelist_view(request, extra_context)
