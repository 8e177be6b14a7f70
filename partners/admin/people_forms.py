"""The forms of a person: a role is one choice, not a set of permissions."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leadflip.kit.generics import ModelForm
from leadflip.kit.widgets import Radios
from partners import roles
from partners.models import User
from partners.models.partner import known_zone

if TYPE_CHECKING:
    StockPasswordForm = AdminPasswordChangeForm[User]
else:
    StockPasswordForm = AdminPasswordChangeForm

LAST_ADMIN = _("This is the last admin. Make another person an admin first.")
CHOICES = [("", _("None: no staff, portal only")), *roles.WORDS.items()]
EXPLAINED = _(
    "Admin: everything. Operator: sees all but secrets, acts on leads and jobs, changes no settings. "
    "Viewer: only looks; encrypted values and what was sent stay hidden."
)


def _role() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Role"), choices=CHOICES, required=False, widget=Radios(_("Role")), help_text=EXPLAINED
    )


class NewPersonForm(ModelForm[User]):
    """Address, name and role; the password comes by a link."""

    role = _role()

    class Meta:
        model = User
        fields = ["email", "name"]

    def clean_email(self) -> str:
        """In lower case already here, so that an address in capitals is found to be taken."""
        return str(self.cleaned_data["email"]).strip().lower()


class PersonForm(ModelForm[User]):
    """All but the password, which has pages of its own."""

    role = _role()

    class Meta:
        model = User
        fields = ["email", "name", "zone", "is_active"]
        help_texts = {
            "zone": _("Such as Europe/Berlin. Empty: UTC."),
            "is_active": _("Off: signed out everywhere at once, and cannot sign in. What they did stays."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("role", roles.of(self.instance))

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"].strip()
        if zone:
            known_zone(zone)
        return zone

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned is None or (cleaned.get("is_active") and cleaned.get("role") == roles.ADMIN):
            return cleaned
        if roles.is_last_admin(self.instance, lock=True):
            raise ValidationError(LAST_ADMIN)
        return cleaned


class PasswordForm(StockPasswordForm):
    """A password for somebody else; without the choice of none, which would shut out the last admin, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        self.fields["password1"].required = self.fields["password2"].required = True
