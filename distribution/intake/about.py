"""What a lead says of itself beside its fields: its source, a note, and what the person agreed to."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from distribution.fields import TYPES, FieldSpec
from distribution.fields.base import FieldError, to_text
from distribution.models.lead import NEW

LONGEST = {
    "source": 100,
    "status": 100,
    "note": 10_000,
    "consent_text": 10_000,
    "consent_at": 100,
    "consent_ip": 100,
    "consent_url": 2_000,
}
CONSENT = {"consent_text": "text", "consent_at": "at", "consent_ip": "ip", "consent_url": "url"}

Errors = dict[str, list[str]]


@dataclass(slots=True)
class About:
    """`source` and `status` have ≤ 100 characters. `consent` has text, at (ISO 8601), ip and url, where sent.

    A `test` is decided by its profiles and goes to nobody.
    """

    source: str
    note: str = ""
    status: str = NEW
    test: bool = False
    consent: Mapping[str, str] = field(default_factory=dict)


def read(reserved: Mapping[str, Any], source: str, errors: Errors) -> About:
    """From the reserved names of a body; what cannot be read is told in `errors`."""
    given = {
        name: text for name in LONGEST if name in reserved if (text := _one(name, reserved[name], errors))
    }
    return About(
        source=given.get("source") or source,
        note=given.get("note", ""),
        status=given.get("status") or NEW,
        test=_test(reserved.get("test"), errors),
        consent={short: given[name] for name, short in CONSENT.items() if name in given},
    )


def _one(name: str, value: object, errors: Errors) -> str:
    if value is None:
        return ""
    try:
        text = words(name, value)
        return _CHECKS[name](text) if text and name in _CHECKS else text
    except FieldError as error:
        errors.setdefault(name, []).append(str(error))
        return ""


def words(name: str, value: object) -> str:
    """A reserved name's text. Raises FieldError where it is too long or no text."""
    text = to_text(value)
    longest = LONGEST.get(name, len(text))
    if len(text) > longest:
        message = _("%(count)d characters are too many: shorten it to %(longest)d.")
        raise FieldError(message, count=len(text), longest=longest)
    return text


def _test(value: object, errors: Errors) -> bool:
    if value is None or value is False:
        return False
    try:
        return bool(TYPES["checkbox"].parse(value, FieldSpec("test", "test", "checkbox")))
    except FieldError as error:
        errors.setdefault("test", []).append(str(error))
        return False


def _moment(text: str) -> str:
    return str(TYPES["datetime"].parse(text, FieldSpec("consent_at", "consent_at", "datetime")))


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        message = _("This is not an IP address; write one such as 203.0.113.7.")
        raise FieldError(message) from None


def _url(text: str) -> str:
    return str(TYPES["url"].parse(text, FieldSpec("consent_url", "consent_url", "url")))


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "consent_at": _moment,
    "consent_ip": _address,
    "consent_url": _url,
}
