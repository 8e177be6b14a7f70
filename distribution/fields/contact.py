"""How a person is reached: e-mail, phone, web address."""

import re
from collections.abc import Hashable
from functools import lru_cache

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email

from distribution.fields.base import FieldError, FieldSpec, FieldType, needed, quoted, to_text
from distribution.fields.text import TEXT_OPERATORS, free_operand, read_text

# Operators that compare whole values: their operand must be one that a lead could hold.
WHOLE = ("equals", "not_equals", "in_list", "not_in_list")
# The shortest international numbers in use have seven digits, country code included.
SHORTEST_PHONE = len("+1234567")
# Names before the @ that need no further look; what stands behind it comes again and again.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
LONGEST_LOCAL = 64
LONGEST_DOMAIN = 189  # with the longest name before it, 254 in all
_PHONE_SIGNS = re.compile(r"[\s()./\u2010-\u2015-]")
_PHONE_PIECE = re.compile(r"\+?[0-9]+")
_BARE_HOST = re.compile(r"[^\s/:@?#.]+(\.[^\s/:@?#.]+)+(:[0-9]+)?([/?#].*)?")
_web_address = URLValidator(schemes=["http", "https"])


class EmailType(FieldType):
    """One e-mail address; its domain in small letters. Nobody is asked whether it exists."""

    key = "email"
    operators = TEXT_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        text = to_text(raw)
        if not text:
            return None
        try:
            return _plain(text) or validate_email(text, check_deliverability=False).normalized
        except EmailNotValidError:
            message = _("%(value)s is not an e-mail address; write one such as ana@example.com.")
            raise FieldError(message, value=quoted(text, spec)) from None

    def read(self, value: object) -> str | None:
        return read_text(value)

    def operand(self, op: str, raw: object, spec: FieldSpec) -> Hashable:
        return super().operand(op, raw, spec) if op in WHOLE else free_operand(raw)


class PhoneType(FieldType):
    """One phone number as E.164, such as +493012345678; an extension is left out.

    The number must be of a possible length; whether it is in use nobody can tell from its digits.
    """

    key = "phone"
    operators = TEXT_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        text = to_text(raw)
        return _e164(text, spec) if text else None

    def read(self, value: object) -> str | None:
        text = read_text(value)
        return (_PHONE_SIGNS.sub("", text) or None) if text else None

    def operand(self, op: str, raw: object, spec: FieldSpec) -> Hashable:
        if op in WHOLE:
            return super().operand(op, raw, spec)
        piece = str(needed(self.read(to_text(raw))))
        if op == "starts_with" and piece.startswith("00"):
            piece = "+" + piece[2:]
        if not _PHONE_PIECE.fullmatch(piece) or (op == "starts_with" and not piece.startswith("+")):
            message = _("%(value)s is no part of a number such as +49301234567; begin with +49 or the like.")
            raise FieldError(message, value=quoted(raw, spec))
        return piece


class UrlType(FieldType):
    """One http or https address; https is assumed where only a host stands."""

    key = "url"
    operators = TEXT_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        text = to_text(raw)
        if not text:
            return None
        address = f"https://{text}" if _BARE_HOST.fullmatch(text) else text
        try:
            _web_address(address)
        except ValidationError:
            message = _("%(value)s is not a web address; write one such as https://example.com/page.")
            raise FieldError(message, value=quoted(text, spec)) from None
        return _lower_host(address)

    def read(self, value: object) -> str | None:
        return read_text(value)

    def operand(self, op: str, raw: object, spec: FieldSpec) -> Hashable:
        return super().operand(op, raw, spec) if op in WHOLE else free_operand(raw)


def _plain(text: str) -> str | None:
    """In normal form if it is as simple as most; None for all others. Raises EmailNotValidError."""
    local, _at, domain = text.rpartition("@")
    short = len(local) <= LONGEST_LOCAL and len(domain) <= LONGEST_DOMAIN and domain.isascii()
    return f"{local}@{_domain(domain)}" if short and _PLAIN_LOCAL.fullmatch(local) else None


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str:
    """In normal form. Raises EmailNotValidError."""
    return validate_email(f"a@{domain}", check_deliverability=False).domain


def _e164(text: str, spec: FieldSpec) -> str:
    try:
        number = phonenumbers.parse(f"+{text[2:]}" if text.startswith("00") else text, spec.country or None)
    except phonenumbers.NumberParseException as error:
        raise _no_phone(text, spec, error.error_type) from None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_possible_number(number) or len(written) < SHORTEST_PHONE:
        raise _no_phone(text, spec)
    return written


def _no_phone(text: str, spec: FieldSpec, error_type: int | None = None) -> FieldError:
    if error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not text.startswith("+"):
        message = _("%(value)s has no country code; write the number such as +49 30 12345678.")
    else:
        message = _("%(value)s is not a phone number; write one such as +49 30 12345678.")
    return FieldError(message, value=quoted(text, spec))


def _lower_host(address: str) -> str:
    scheme, _sep, rest = address.partition("://")
    host = re.match(r"[^/?#]*", rest)
    assert host is not None  # matches the empty string at the least
    user, at, name = host[0].rpartition("@")
    return f"{scheme.lower()}://{user}{at}{name.lower()}{rest[host.end() :]}"
