"""The account-level SMTP server: one row, its password write-only."""

from email.utils import parseaddr
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from delivery.models import SmtpAccount
from leadflip.kit.generics import ModelForm
from partners.admin.base import ConfigAdmin

ENVIRONMENT_WINS = _(
    "SMTP_URL is set in the environment and is in force: e-mail leaves from there, not from this account."
)


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
        widgets = {"user": forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_password = bool(self.instance.sealed)
        self.fields["password"].help_text = (
            _("Set. Write another to replace it; leave empty to keep it.")
            if self.has_password
            else _("Not set.")
        )
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
        return cleaned

    def _will_sign_in(self, cleaned: dict[str, Any]) -> bool:
        kept = self.has_password and not cleaned.get("remove_password")
        return bool(cleaned.get("user") or cleaned.get("password") or kept)

    def save(self, commit: bool = True) -> SmtpAccount:
        if self.cleaned_data["password"]:
            self.instance.put_password(self.cleaned_data["password"])
        elif self.cleaned_data["remove_password"]:
            self.instance.put_password("")
        return super().save(commit)


@admin.register(SmtpAccount)
class SmtpAccountAdmin(ConfigAdmin[SmtpAccount]):
    """There is one account, so its list is its form."""

    form = SmtpForm
    radio_fields = {"security": admin.VERTICAL}

    def get_fieldsets(self, request: HttpRequest, obj: SmtpAccount | None = None) -> Any:
        shown = ["host", "port", "security", "user", "from_address", "connections"]
        if self._may_write(request, obj):
            shown[4:4] = ["password", "remove_password"]
        return [(None, {"fields": shown, "description": ENVIRONMENT_WINS if settings.SMTP_URL else None})]

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
