"""Delivery by email: who gets the letter, and whether it is HTML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email

from partners.kinds.base import KindForm, KindSpec

MOST_RECIPIENTS = 50
STAND_IN = "partner@example.com"


@dataclass(frozen=True, slots=True)
class EmailConfig:
    """`recipients` are checked addresses without duplicates; `html` is the body's format."""

    recipients: tuple[str, ...] = ()
    html: bool = False


def address(text: str) -> str:
    """One address in normal form. Raises ValidationError."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValidationError(
            _("“%(text)s” is not an email address such as leads@example.com."),
            params={"text": text[:100]},
        ) from None


def addresses(text: str) -> tuple[str, ...]:
    """The addresses of a list separated by commas (or lines), duplicates dropped, in order.

    Raises ValidationError with one message an unusable address, or when there are more than 50.
    """
    found: dict[str, str] = {}
    errors: list[ValidationError] = []
    for part in filter(None, map(str.strip, re.split(r"[,;\n]", text))):
        try:
            checked = address(part)
            found.setdefault(checked.casefold(), checked)
        except ValidationError as error:
            errors.append(error)
    if len(found) > MOST_RECIPIENTS:
        errors.append(
            ValidationError(
                _("%(count)s recipients: enter at most %(most)s."),
                params={"count": len(found), "most": MOST_RECIPIENTS},
            )
        )
    if errors:
        raise ValidationError(errors)
    return tuple(found.values())


class RecipientsField(forms.CharField):
    """One or more addresses in one box; cleaned to a tuple."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else ", ".join(value)

    def clean(self, value: Any) -> Any:
        found = addresses(str(super().clean(value)))
        if not found:
            raise ValidationError(self.error_messages["required"])
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class EmailForm(KindForm):
    """Recipients and format."""

    recipients = RecipientsField(
        label=_("Recipients"),
        max_length=20_000,
        help_text=_("One or more addresses, separated by commas. They see each other."),
        error_messages={"required": _("Enter at least one address, such as leads@example.com.")},
    )
    html = forms.BooleanField(
        label=_("HTML"),
        required=False,
        help_text=_("The body is HTML; a plain text version goes with it."),
    )

    def config(self) -> dict[str, Any]:
        return {
            "recipients": list(self.cleaned_data["recipients"]),
            "html": bool(self.cleaned_data["html"]),
        }

    def sketch(self) -> dict[str, Any]:
        return {
            "recipients": list(self.cleaned_data.get("recipients") or [STAND_IN]),
            "html": bool(self.cleaned_data.get("html")),
        }


class EmailKind(KindSpec[EmailConfig]):
    """A letter a lead, to one or more addresses."""

    key = "email"
    label = _("Email")
    best_for = _("Small partners, manual workflows")
    about = _("Each lead is an e-mail to these addresses, within minutes.")
    form = EmailForm

    def load(self, config: Mapping[str, Any]) -> EmailConfig:
        return EmailConfig(tuple(config.get("recipients") or ()), bool(config.get("html")))

    def exposure(self, config: Mapping[str, Any], fields: str) -> str:
        return gettext(
            "Encrypted fields are sent in clear by e-mail, where every mail server on the way can read "
            "them: %(fields)s."
        ) % {"fields": fields}

    def host(self, config: Mapping[str, Any]) -> str:
        """The domain of the first recipient."""
        return next((name.rpartition("@")[2] for name in self.load(config).recipients), "")
