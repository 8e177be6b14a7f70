"""The forms of the second factor."""

import struct
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from partners.accounts import factor
from partners.accounts.forms import current_password
from partners.models import User

CODE = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "autocapitalize": "none",
    "spellcheck": "false",
}

# Of what a device makes, a certificate of its maker is the longest part.
MOST_LETTERS = 16_384
# A person has few devices; each one more is asked about at every sign-in.
MOST_PASSKEYS = 10
# What is kept of a new passkey, and of its answer.
KEPT, ANSWERED = ("id", "rawId", "type", "clientExtensionResults"), ("clientDataJSON", "attestationObject")
# What reading a passkey's answer raises where it is none.
UNREADABLE = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, struct.error)
NOTHING_CAME = _("No passkey came with the form. Passkeys need JavaScript, and a browser that knows them.")
MISFIT = _("This passkey did not fit. Try again, or use a recovery code.")
STALE = _("What your device made does not fit this page any more. Press the button again.")


def code(hint: Any = "") -> forms.CharField:
    """A code's field: six digits of the app, or eight of a recovery code."""
    return forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs=CODE),
        help_text=hint,
        error_messages={"required": _("Type the code.")},
    )


class CredentialField(forms.JSONField):
    """What the device made or signed: the script of the page writes it, nobody types it."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > MOST_LETTERS:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """Nothing is "" and not JSON's null: the page's script looks whether there is something."""
        return "" if value is None else super().prepare_value(value)


def _credential(missing: Any, misfit: Any, **more: Any) -> CredentialField:
    return CredentialField(error_messages={"required": missing, "invalid": misfit}, **more)


class CodeForm(AuthenticateForm):
    """The second step of signing in."""

    code = code(_("Six digits that the app shows now, or one of your recovery codes."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not factor.has_app(self.user):
            field = self.fields["code"]
            field.label, field.help_text = _("Recovery code"), _("Eight digits; each code works once.")


class KeyForm(AuthenticateWebAuthnForm):
    """The second step of signing in, by what a passkey signed; a misfit is noted as a wrong code is."""

    credential = _credential(NOTHING_CAME, MISFIT)

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except UNREADABLE as error:
            raise self._misfit() from error
        except ValidationError as error:
            raise (self._misfit() if error.code == "incorrect_code" else error) from error

    def _misfit(self) -> ValidationError:
        told = {"request": None, "authenticator": None, "reauthentication": False}
        authentication_failed.send(sender=Authenticator, user=self.user, **told)
        return ValidationError(MISFIT, code="incorrect_code")


def name_of_passkey() -> forms.CharField:
    """Its name, for who has several."""
    return forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("What you know the device by, such as “Phone” or “Blue key”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write a name: you may have several.")},
    )


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


class NameForm(forms.Form):
    """What somebody knows a passkey by."""

    name = name_of_passkey()


class PasskeyForm(PasswordForm):
    """A new passkey: what the device made, its name, and the password.

    With a wrong password the page keeps what the device made, since making it anew would leave one behind
    that signs in nowhere.
    """

    name = name_of_passkey()
    credential = _credential(NOTHING_CAME, STALE, required=False)
    field_order = ["name", "password"]

    def made(self) -> dict[str, Any]:
        """Name and credential: of what the browser sent no more than a sign-in asks for."""
        sent = self.cleaned_data["credential"]
        kept = {name: sent[name] for name in KEPT if name in sent}
        kept["response"] = {name: sent["response"][name] for name in ANSWERED}
        return {"name": self.cleaned_data["name"], "credential": kept}

    def waits(self) -> bool:
        """Whether a passkey is made and something else is missing."""
        return self.is_bound and bool(self.cleaned_data.get("credential")) and not self.non_field_errors()

    def forget(self) -> None:
        """Shows the page without what the device made."""
        if self.is_bound:
            self.data = {name: self.data[name] for name in self.data if name != "credential"}

    def _judge(self, cleaned: dict[str, Any]) -> None:
        super()._judge(cleaned)
        if not self.errors:
            self._judge_credential(cleaned.get("credential"))

    def _judge_credential(self, sent: Any) -> None:
        rows = Authenticator.objects.filter(user=self.user, type=factor.PASSKEY)
        if not sent:
            self.add_error(None, NOTHING_CAME)
        elif rows.count() >= MOST_PASSKEYS:
            self.add_error(None, _("Ten passkeys are the most. Remove one that you no longer use."))
        elif not _registers(sent):
            self.add_error(None, STALE)


def _registers(sent: Any) -> bool:
    """Whether a device made this for this very page."""
    try:
        auth.parse_registration_response(sent)
        auth.complete_registration(sent)
    except (ValidationError, *UNREADABLE):
        return False
    return True
