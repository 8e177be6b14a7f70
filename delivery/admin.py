"""The account-level SMTP server: one row, its password write-only."""

from email.utils import parseaddr
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery import smtp_words
from delivery.models import SmtpAccount
from leadflip.kit import show
from leadflip.kit.generics import ModelForm
from leadflip.kit.widgets import Radios
from partners.admin.base import ConfigAdmin, person
from partners.models import User


class SmtpForm(ModelForm[SmtpAccount]):
    """The account. An empty password keeps the one that is set."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
    )
    remove_password = forms.BooleanField(label=_("Remove the password"), required=False)

    class Meta:
        model = SmtpAccount
        fields = ["host", "port", "security", "user", "from_address", "connections"]
        help_texts = {
            # Django prints help texts as HTML.
            "from_address": _("Such as “Leads &lt;leads@example.com&gt;” or leads@example.com."),
        }
        widgets = {
            "user": forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"}),
            "security": Radios(_("Security")),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_password = bool(self.instance.sealed)
        self.fields["password"].help_text = _set_when(self.instance) if self.has_password else _("Not set.")
        if not self.has_password:
            self.fields["remove_password"].widget = forms.HiddenInput()

    def clean_host(self) -> str:
        host: str = self.cleaned_data["host"].strip()
        if "/" in host or ":" in host or " " in host:
            raise ValidationError(
                _("Write the server’s name alone, such as smtp.example.com; the port has its own field.")
            )
        return host

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
        if cleaned is not None and self._kept_elsewhere(cleaned):
            self.add_error("password", _("The server is another one now: type its password."))
        return cleaned

    def _kept_elsewhere(self, cleaned: dict[str, Any]) -> bool:
        """Whether the stored password would go to another server than the one that it was typed for."""
        kept = self.has_password and not cleaned.get("password") and not cleaned.get("remove_password")
        return kept and any(cleaned.get(name) != self.initial.get(name) for name in ("host", "port"))

    def _will_sign_in(self, cleaned: dict[str, Any]) -> bool:
        kept = self.has_password and not cleaned.get("remove_password")
        return bool(cleaned.get("user") or cleaned.get("password") or kept)

    def typed(self, by: User | None = None) -> SmtpAccount:
        """The row as it would be saved, its password sealed; after `is_valid()`."""
        if self.cleaned_data["password"]:
            self.instance.put_password(self.cleaned_data["password"], by)
        elif self.cleaned_data["remove_password"]:
            self.instance.put_password("", by)
        return self.instance


def _set_when(account: SmtpAccount) -> str:
    """“Set · changed 12 Nov 2026, 09:30 by Sample admin. …”."""
    rest = gettext("Type another to replace it; leave empty to keep it.")
    if account.sealed_at is None:
        return gettext("Set. %(rest)s") % {"rest": rest}
    when = {"time": show.full_time(account.sealed_at), "person": account.sealed_by, "rest": rest}
    if account.sealed_by is None:
        return gettext("Set · changed %(time)s. %(rest)s") % when
    return escape(gettext("Set · changed %(time)s by %(person)s. %(rest)s") % when)


@admin.register(SmtpAccount)
class SmtpAccountAdmin(ConfigAdmin[SmtpAccount]):
    """There is one account, so its list is its form."""

    form = SmtpForm
    change_form_template = add_form_template = "admin/delivery/smtp.html"

    def save_model(self, request: HttpRequest, obj: SmtpAccount, form: Any, change: bool) -> None:
        super().save_model(request, form.typed(person(request)), form, change)

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
            "test_to": person(request).email,
        }
        return super().changeform_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def get_fieldsets(self, request: HttpRequest, obj: SmtpAccount | None = None) -> Any:
        shown = ["host", "port", "security", "user", "from_address", "connections"]
        if self._may_write(request, obj):
            shown[4:4] = ["password", "remove_password"]
        return [(None, {"fields": shown})]

    def _may_write(self, request: HttpRequest, obj: SmtpAccount | None) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not SmtpAccount.objects.exists()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if SmtpAccount.objects.exists():
            return HttpResponseRedirect(reverse("admin:delivery_smtpaccount_change", args=[1]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:delivery_smtpaccount_add"))
        return super().changelist_view(request, extra_context)
