"""How a field's value is typed into a page: its controls, and what was typed as intake reads it.

Whoever fills in a hosted form writes about themselves: the browser may help, and a checkbox is a tick. The
staff types in what others said: nothing is filled in, and a checkbox asks for yes, no, or not said.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from distribution.fields.address import PART_LABELS
from distribution.fields.base import FieldSpec, is_empty
from partners.sheet import ADDRESS_PARTS

# What nobody knows of their own address.
ASKED_OF_STAFF = ("country_code", "latitude", "longitude")
# HTML's tokens, by a key without its _.
OWN_DATA = {
    "name": "name",
    "fullname": "name",
    "firstname": "given-name",
    "givenname": "given-name",
    "lastname": "family-name",
    "surname": "family-name",
    "familyname": "family-name",
    "company": "organization",
    "companyname": "organization",
    "jobtitle": "organization-title",
    "street": "address-line1",
    "postcode": "postal-code",
    "postalcode": "postal-code",
    "zip": "postal-code",
    "zipcode": "postal-code",
    "city": "address-level2",
    "town": "address-level2",
    "state": "address-level1",
    "country": "country-name",
    "birthday": "bday",
    "birthdate": "bday",
    "dateofbirth": "bday",
}
# By type: the control's own type, the keyboard of a phone, and the browser's token.
LINES = {
    "text": ("text", "", ""),
    "number": ("text", "decimal", ""),
    "email": ("email", "email", "email"),
    "phone": ("tel", "tel", "tel"),
    "url": ("url", "url", "url"),
    "date": ("date", "", ""),
    "datetime": ("datetime-local", "", ""),
}
NUMERIC_PARTS = ("latitude", "longitude")


class Plain(forms.Field):
    """Takes what was typed, with the line ends of Unix: intake alone judges values."""

    def to_python(self, value: Any) -> Any:
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


class Several(Plain):
    """A list."""

    hidden_widget = forms.MultipleHiddenInput


class Line(forms.TextInput):
    """One line of any HTML type; values stand in it untouched."""

    def __init__(self, kind: str, attrs: dict[str, str]) -> None:
        super().__init__(attrs)
        self.input_type = kind

    def format_value(self, value: Any) -> str | None:
        return None if is_empty(value) else str(value)


def names(spec: FieldSpec, *, staff: bool = False) -> list[str]:
    """The names of a field's controls: its key, or one for each part of an address."""
    if spec.type != "address":
        return [spec.key]
    return [f"{spec.key}.{part}" for part in ADDRESS_PARTS if staff or part not in ASKED_OF_STAFF]


def controls(spec: FieldSpec, *, staff: bool = False) -> dict[str, forms.Field]:
    """The controls by name."""
    if spec.type != "address":
        kind = Several if spec.type == "multi_select" else Plain
        hint = _zone() if spec.type == "datetime" and not staff else ""
        widget = _widget(spec, staff)
        return {spec.key: kind(label=spec.label, required=False, widget=widget, help_text=hint)}
    return {
        name: Plain(label=capfirst(str(PART_LABELS[part])), required=False, widget=_part(part, staff))
        for name in names(spec, staff=staff)
        for part in [name.rpartition(".")[2]]
    }


def filled(spec: FieldSpec, value: Any, *, staff: bool = False) -> dict[str, Any]:
    """A stored value, or a default, as it stands in the controls; also where it is None."""
    if spec.type == "address":
        parts = value if isinstance(value, dict) else {}
        return {f"{spec.key}.{part}": _shown("text", parts.get(part)) for part in ADDRESS_PARTS}
    if isinstance(value, bool) and staff:
        return {spec.key: "true" if value else "false"}
    return {spec.key: _shown(spec.type, value)}


def read(spec: FieldSpec, typed: Mapping[str, Any], *, staff: bool = False) -> object:
    """What was typed into the controls, as intake reads it: no tick is an answer, too."""
    if spec.type == "address":
        return {name.rpartition(".")[2]: typed.get(name) for name in names(spec, staff=staff)}
    value = typed.get(spec.key)
    if spec.type == "datetime":
        return _with_zone(value)
    if spec.type == "checkbox" and not staff and not value:
        return None if spec.required and spec.default is None else False
    return value


def _widget(spec: FieldSpec, staff: bool) -> forms.Widget:
    """What is required of it says the page, and intake: never the browser, in words of its own."""
    if spec.type == "textarea":
        return forms.Textarea({"rows": 4})
    if spec.type == "multi_select":
        return forms.CheckboxSelectMultiple(choices=[(option, option) for option in spec.options])
    if spec.type == "select":
        return forms.Select(choices=[("", _("Choose…")), *((option, option) for option in spec.options)])
    if spec.type == "checkbox":
        answers = [("", _("Not said")), ("true", _("Yes")), ("false", _("No"))]
        return forms.Select(choices=answers) if staff else forms.CheckboxInput()
    kind, keyboard, token = LINES[spec.type]
    return _line(kind, keyboard, token or OWN_DATA.get(spec.key.replace("_", ""), ""), staff)


def _part(part: str, staff: bool) -> forms.Widget:
    return _line("text", "decimal" if part in NUMERIC_PARTS else "", OWN_DATA.get(part, ""), staff)


def _line(kind: str, keyboard: str, token: str, staff: bool) -> Line:
    attrs = {"inputmode": keyboard} if keyboard else {}
    own = "off" if staff else token
    return Line(kind, {**attrs, "autocomplete": own} if own else attrs)


def _shown(kind: str, value: Any) -> Any:
    if kind == "multi_select":
        return value if isinstance(value, list) else []
    if value is None or isinstance(value, bool):
        return value
    return _local(value) if kind == "datetime" else str(value)


def _local(value: Any) -> str:
    """A stored moment as a datetime-local control has it, in the page's zone."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    exact = "seconds" if moment.second else "minutes"
    try:
        here = moment.astimezone(timezone.get_current_timezone())
    except OverflowError:
        return str(value)
    return here.replace(tzinfo=None).isoformat(timespec=exact)


def _zone() -> str:
    return _("Time in %(zone)s") % {"zone": timezone.get_current_timezone_name()}


def _with_zone(value: Any) -> Any:
    """A time of the page's zone; what is none is for intake to refuse."""
    if "T" not in str(value):
        return value
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return value
    return timezone.make_aware(moment).isoformat() if moment.tzinfo is None else value
