"""The webhook's own form: URL, method, format, headers with write-only values, signing."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from partners.kinds.base import Line
from partners.kinds.signing_form import SigningForm
from partners.outgoing import OutgoingError, target
from partners.outgoing.headers import MOST, check_name, check_value
from partners.outgoing.urls import LONGEST

METHODS = {"POST": "POST", "PUT": "PUT", "PATCH": "PATCH"}
FORMATS = {"json": _("JSON"), "form": _("Form-encoded")}
SPARE_ROWS = 3
STAND_IN = "https://partner.example.com/leads"


class Row(NamedTuple):
    """The names of the two fields of one header."""

    name: str
    value: str


def row_at(index: int) -> Row:
    """The fields' names of the header at that place, from 0."""
    return Row(f"header_{index}_name", f"header_{index}_value")


class WebhookForm(SigningForm):
    """A header's name is shown, its value never; an empty value keeps the stored one."""

    url = forms.CharField(
        label=_("URL"),
        max_length=LONGEST,
        widget=forms.URLInput(attrs={"placeholder": "https://crm.example.com/leads"}),
        help_text=_("The partner's endpoint. http:// works, but sends the lead's data unencrypted."),
        error_messages={"required": _("Enter the partner's endpoint.")},
    )
    method = forms.ChoiceField(label=_("Method"), choices=list(METHODS.items()), initial="POST")
    format = forms.ChoiceField(label=_("Payload format"), choices=list(FORMATS.items()), initial="json")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored_names: list[str] = list(self.saved.get("headers") or ())
        self._rows = [row_at(index) for index in range(self._row_count())]
        for index, row in enumerate(self._rows):
            self._add_row(row, self._stored_names[index] if index < len(self._stored_names) else "")

    def lines(self) -> list[Line]:
        """Each header's name beside its value, then what signs."""
        return ["url", ("method", "format"), *self._rows, *self.signing_lines()]

    def _row_count(self) -> int:
        indexes = range(2 * MOST)
        posted = [index + 1 for index in indexes if self.add_prefix(row_at(index).name) in self.data]
        return max([min(len(self._stored_names) + SPARE_ROWS, MOST), *posted])

    def _add_row(self, row: Row, stored: str) -> None:
        hint = _("Stored. Empty keeps it.") if stored else ""
        self.fields[row.name] = forms.CharField(label=_("Header"), required=False, initial=stored)
        self.fields[row.value] = forms.CharField(
            label=_("Value"),
            required=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "placeholder": hint}),
        )

    def clean_url(self) -> str:
        """The URL in its one form."""
        try:
            return target(self.cleaned_data["url"], tuple(settings.OUTGOING_ALLOW)).url
        except OutgoingError as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        headers = self._headers()
        moved = self._moved()
        for row in self._rows:
            self._check_row(row, moved)
        if len(headers) > MOST:
            self.add_error(None, _("There are more than %(most)d headers: remove some.") % {"most": MOST})
        kept_secret = self.saved.get("signing") and cleaned.get("signing") and not cleaned.get("make_secret")
        if moved and kept_secret:
            self.add_error("make_secret", _("The URL leads elsewhere now: make a new secret for it."))
        return cleaned

    def _headers(self) -> dict[str, str]:
        """Name → typed value ("" for the stored one) of the rows that have a name."""
        pairs = ((self.cleaned_data.get(row.name), self.cleaned_data.get(row.value)) for row in self._rows)
        return {name: value or "" for name, value in pairs if name}

    def _check_row(self, row: Row, moved: bool) -> None:
        name, value = self.cleaned_data.get(row.name, ""), self.cleaned_data.get(row.value, "")
        if not name:
            if value:
                self.add_error(row.name, _("Enter the header's name."))
            return
        try:
            check_name(name)
            if value:
                check_value(name, value)
        except OutgoingError as error:
            self.add_error(row.name if not value else row.value, str(error))
        if self._earlier(row, name):
            self.add_error(row.name, _("This header stands above already: keep one of them."))
        if not value:
            self._check_kept(row, name, moved)

    def _earlier(self, row: Row, name: str) -> bool:
        """Whether a row above has the same header."""
        above = self._rows[: self._rows.index(row)]
        return name.lower() in {str(self.cleaned_data.get(one.name, "")).lower() for one in above}

    def _check_kept(self, row: Row, name: str, moved: bool) -> None:
        if name not in self._stored_names:
            self.add_error(row.value, _("Enter the header's value."))
        elif moved:
            self.add_error(
                row.value,
                _("The URL leads elsewhere now: type this header's value again."),
            )

    def _moved(self) -> bool:
        """Whether the URL leads to another host or port, or no longer encrypts."""
        old, new = self.saved.get("url"), self.cleaned_data.get("url")
        return bool(old and new) and leads_elsewhere(str(old), str(new))

    def config(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "url": cleaned["url"],
            "method": cleaned["method"],
            "format": cleaned["format"],
            "headers": list(self._headers()),
            "signing": cleaned["signing"],
            **({"answers": answers.save()} if (answers := self.answers()) else {}),
        }

    def sketch(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "url": cleaned.get("url") or STAND_IN,
            "method": cleaned.get("method") or "POST",
            "format": cleaned.get("format") or "json",
            "headers": list(self._headers()),
            "signing": bool(cleaned.get("signing")),
        }

    def secrets(self, old: Mapping[str, Any]) -> dict[str, Any]:
        values = old.get("headers") or {}
        kept = {name: typed or values.get(name, "") for name, typed in self._headers().items()}
        secrets: dict[str, Any] = {"headers": kept} if kept else {}
        if self.cleaned_data["signing"]:
            secrets["signing"] = self.signing_secrets([] if self._moved() else old.get("signing") or [])
        return secrets


def host_of(url: str) -> str:
    """The host of a saved URL, "" where there is none."""
    return urlsplit(url).hostname or ""


def leads_elsewhere(old: str, new: str) -> bool:
    """Whether what was meant for `old` alone must not go to `new` unasked."""
    before, after = urlsplit(old), urlsplit(new)
    return before.netloc != after.netloc or (before.scheme, after.scheme) == ("https", "http")
