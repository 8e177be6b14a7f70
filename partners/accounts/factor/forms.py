"""The forms of the second factor."""

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.totp.internal.auth import validate_totp_code
from django import forms
from django.utils.translation import gettext_lazy as _

from partners.accounts.forms import current_password
from partners.models import User

CODE = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "autocapitalize": "none",
    "spellcheck": "false",
}


def code(hint: Any = "") -> forms.CharField:
    """A code's field: six digits of the app, or eight of a recovery code."""
    return forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs=CODE),
        help_text=hint,
        error_messages={"required": _("Type the code.")},
    )


class CodeForm(AuthenticateForm):
    """The second step of signing in."""

    code = code(_("Six digits that the app shows now, or one of your recovery codes."))


class PasswordForm(forms.Form):
    """The password again: whoever finds an open session must not change how one signs in."""

    password = current_password(_("Password"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            # Counted together with the codes of a sign-in.
            forget = check_rate_limit(self.user)
            self._judge(cleaned)
            if not self.errors:
                forget()
        return cleaned

    def _judge(self, cleaned: dict[str, Any]) -> None:
        if not self.user.check_password(cleaned["password"]):
            self.add_error("password", get_account_adapter().validation_error("incorrect_password"))


class SetUpForm(PasswordForm):
    """The first code of the app, for `secret`."""

    code = code(_("Six digits that the app shows for Leadflip."))
    field_order = ["code", "password"]

    def __init__(self, *args: Any, secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secret = secret

    def _judge(self, cleaned: dict[str, Any]) -> None:
        super()._judge(cleaned)
        if not validate_totp_code(self.secret, cleaned["code"]):
            self.add_error("code", get_adapter().validation_error("incorrect_code"))
