"""A form with a password that is never shown: empty keeps it, typed replaces it, a tick removes it."""

from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.models.password import KeptPassword
from leadflip.kit import show
from leadflip.kit.generics import ModelForm
from partners.models import User

K = TypeVar("K", bound=KeptPassword)


class PasswordForm(ModelForm[K]):
    """Of a server with `host` and `port`: its password goes to no other one unless typed anew."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
    )
    remove_password = forms.BooleanField(label=_("Remove the password"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_password = bool(self.instance.sealed)
        self.fields["password"].help_text = _set_when(self.instance) if self.has_password else _("Not set.")
        if not self.has_password:
            self.fields["remove_password"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned is not None and self._kept_elsewhere(cleaned):
            self.add_error("password", _("The server is another one now: type its password."))
        return cleaned

    def _kept_elsewhere(self, cleaned: dict[str, Any]) -> bool:
        """Whether the stored password would go to another server than the one that it was typed for."""
        kept = self.has_password and not cleaned.get("password") and not cleaned.get("remove_password")
        return kept and any(cleaned.get(name) != self.initial.get(name) for name in ("host", "port"))

    def typed(self, by: User | None = None) -> K:
        """The row as it would be saved, its password sealed; after `is_valid()`."""
        if self.cleaned_data["password"]:
            self.instance.put_password(self.cleaned_data["password"], by)
        elif self.cleaned_data["remove_password"]:
            self.instance.put_password("", by)
        return self.instance


def server_name(written: str, example: str) -> str:
    """A host name as it is kept. Raises ValidationError for an address with more in it."""
    host = written.strip()
    if "/" in host or ":" in host or " " in host:
        message = _("Write the server’s name alone, such as %(example)s; the port has its own field.")
        raise ValidationError(message % {"example": example})
    return host


def _set_when(row: KeptPassword) -> str:
    """“Set · changed 12 Nov 2026, 09:30 by Sample admin. …”."""
    rest = gettext("Type another to replace it; leave empty to keep it.")
    if row.sealed_at is None:
        return gettext("Set. %(rest)s") % {"rest": rest}
    when = {"time": show.full_time(row.sealed_at), "person": row.sealed_by, "rest": rest}
    if row.sealed_by is None:
        return gettext("Set · changed %(time)s. %(rest)s") % when
    return escape(gettext("Set · changed %(time)s by %(person)s. %(rest)s") % when)
