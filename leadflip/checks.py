"""System checks: what would fail later, said before anything starts, with the way to mend it."""

import base64
import ssl
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.core.validators import MaxValueValidator
from django.db import connections

from delivery.channels import makers
from partners.accounts import factor
from partners.kinds import KINDS
from partners.models import RetryPolicy
from partners.models.settings import Kind
from partners.outgoing import OutgoingError, openings, target
from partners.outgoing.secrets import PREFIX

T = TypeVar("T")

# Commands that print a new key.
MAKERS = {
    "SECRET_KEY": "import secrets; print(secrets.token_urlsafe(48))",
    "ENCRYPTION_KEYS": "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())",
    "ALERT_WEBHOOK_SECRET": "import base64, secrets; "
    "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())",
    "DIGEST_KEYS": "import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())",
}

# A lease outlasts the longest try by this, so that no sweeper takes a job from a living worker.
MARGIN = 30
# One message: 45 s up to DATA, 120 s after the final dot, 15 s to settle.
LONGEST_EMAIL = 45 + 120 + 15
OLDEST_POSTGRES = 15
# Bytes of a signing secret: what Standard Webhooks asks for.
LEAST_SECRET = 24


@register(Tags.security)
def keys_are_set(**kwargs: Any) -> list[CheckMessage]:
    """E001–E003: the three kinds of key are there and well-formed. No message holds a key."""
    return [
        *_secret_key(),
        *_keys("ENCRYPTION_KEYS", settings.ENCRYPTION_KEYS, Fernet, "leadflip.E002"),
        *_keys("DIGEST_KEYS", settings.DIGEST_KEYS, _digest_key, "leadflip.E003"),
    ]


def _secret_key() -> list[CheckMessage]:
    try:
        long_enough = len(settings.SECRET_KEY) >= 32
    except ImproperlyConfigured:
        long_enough = False
    if long_enough:
        return []
    hint = f"Set SECRET_KEY to a random text of 32 characters or more: {_maker('SECRET_KEY')}"
    return [Error("SECRET_KEY is not set, or shorter than 32 characters.", hint=hint, id="leadflip.E001")]


def _keys(name: str, keys: Collection[str], parse: Callable[[str], object], code: str) -> list[CheckMessage]:
    hint = f"Set {name} to one key, or several divided by commas with the newest first: {_maker(name)}"
    if not keys:
        return [Error(f"{name} is not set.", hint=hint, id=code)]
    return [
        Error(f"{name}: key {place} is not well-formed.", hint=hint, id=code)
        for place, key in enumerate(keys, 1)
        if not _parses(parse, key)
    ]


def _maker(name: str) -> str:
    return f'python -c "{MAKERS[name]}"'


def _parses(parse: Callable[[T], object], value: T) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def _digest_key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) < 16:
        raise ValueError("shorter than 16 bytes")
    return key


@register()
def leases_outlast_tries(**kwargs: Any) -> list[CheckMessage]:
    """E004, E005: a lease that ends before its try would have the lead sent twice."""
    return [
        *_lease("LEASE_SECONDS", settings.LEASE_SECONDS, longest_timeout() + MARGIN, "leadflip.E004"),
        *_lease("EMAIL_LEASE_SECONDS", settings.EMAIL_LEASE_SECONDS, LONGEST_EMAIL, "leadflip.E005"),
    ]


def longest_timeout() -> int:
    """Seconds: the largest time-out that a retry policy may set."""
    validators = RetryPolicy._meta.get_field("timeout").validators
    return min(int(rule.limit_value) for rule in validators if isinstance(rule, MaxValueValidator))


def _lease(name: str, seconds: int, least: int, code: str) -> list[CheckMessage]:
    if seconds >= least:
        return []
    message = f"{name} is {seconds}: a try may take longer, and its job would be sent a second time."
    return [Error(message, hint=f"Set {name} to {least} or more.", id=code)]


# The least value of each setting that counts something: below it nothing would be delivered, or ever end.
LEAST = {
    "ENGINE_PROCESSES": 0,
    "ENGINE_CAPACITY": 1,
    "ENGINE_YOUNG": 1,
    "SWEEP_SECONDS": 1,
    "DOWN_SECONDS": 60,
    "AUDIT_DAYS": 0,
    "KEY_DAYS": 0,
    "BODY_DAYS": 0,
    "ATTEMPT_DAYS": 0,
    "LEAD_DAYS": 0,
    "BOUNCE_DAYS": 0,
    "GRACE_SECONDS": 0,
    "PROXIES": 0,
}


@register()
def counts_are_not_too_small(**kwargs: Any) -> list[CheckMessage]:
    """E011: a setting that counts something is at least what makes sense."""
    return [
        Error(f"{name} is {value}.", hint=f"Set {name} to {least} or more.", id="leadflip.E011")
        for name, least in LEAST.items()
        if (value := getattr(settings, name)) < least
    ]


@register(Tags.security)
def second_factor_is_known(**kwargs: Any) -> list[CheckMessage]:
    """E012: a mistyped word must not leave the staff without what was asked for."""
    if settings.STAFF_SECOND_FACTOR in (factor.OFF, factor.REQUIRED):
        return []
    hint = f"Set STAFF_SECOND_FACTOR to {factor.OFF} or {factor.REQUIRED}."
    return [Error(f"STAFF_SECOND_FACTOR is {settings.STAFF_SECOND_FACTOR}.", hint=hint, id="leadflip.E012")]


@register()
def kinds_are_whole(**kwargs: Any) -> list[CheckMessage]:
    """E006: every delivery method has its settings class with a form, and its channel."""
    channels = makers()
    return [
        Error(f"The delivery method “{kind}” has no {part}.", hint=f"Add it to {where}.", id="leadflip.E006")
        for kind in Kind.values
        for part, where, there in (
            ("settings class", "KINDS in partners/kinds/__init__.py", kind in KINDS),
            ("form", f"its class in partners/kinds/{kind}.py", bool(getattr(KINDS.get(kind), "form", None))),
            ("channel", "makers() in delivery/channels/__init__.py", kind in channels),
        )
        if not there
    ]


@register()
def demo_is_embedded(**kwargs: Any) -> list[CheckMessage]:
    """E007: demo mode makes logins and shows what it sends; a database of yours is no place for it."""
    if not settings.DEMO or settings.EMBEDDED:
        return []
    hint = "Take DEMO out of the environment, or DATABASE_URL to have a demo with a database of its own."
    return [Error("DEMO is on and DATABASE_URL names a database.", hint=hint, id="leadflip.E007")]


@register(Tags.security)
def allowed_networks_parse(**kwargs: Any) -> list[CheckMessage]:
    """E008: each entry of OUTGOING_ALLOW is a network, with or without a port."""
    hint = "Write networks such as 10.1.0.0/16, or 127.0.0.1/32:9000 for one port, divided by commas."
    return [
        Error(f"OUTGOING_ALLOW: “{entry}” is no network.", hint=hint, id="leadflip.E008")
        for entry in settings.OUTGOING_ALLOW
        if not _parses(openings, (entry,))
    ]


@register(Tags.security)
def alert_webhook_is_signed(**kwargs: Any) -> list[CheckMessage]:
    """E013: where alerts are posted, the address can be used and each secret signs. No message holds one."""
    if not settings.ALERT_WEBHOOK_URL:
        return []
    hint = f"Set ALERT_WEBHOOK_SECRET to a secret: {_maker('ALERT_WEBHOOK_SECRET')}"
    found: list[CheckMessage] = []
    try:
        target(settings.ALERT_WEBHOOK_URL, tuple(settings.OUTGOING_ALLOW))
    except OutgoingError as error:
        found.append(Error("ALERT_WEBHOOK_URL cannot be used.", hint=str(error), id="leadflip.E013"))
    secrets = settings.ALERT_WEBHOOK_SECRET
    if not secrets or not all(_parses(_signing_key, secret) for secret in secrets):
        found.append(
            Error("ALERT_WEBHOOK_SECRET is not set, or not well-formed.", hint=hint, id="leadflip.E013")
        )
    return found


def _signing_key(text: str) -> bytes:
    key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    if len(key) < LEAST_SECRET:
        raise ValueError("shorter than 24 bytes")
    return key


@register(Tags.security)
def authorities_can_be_read(**kwargs: Any) -> list[CheckMessage]:
    """E010: OUTGOING_CA_FILE and SMTP_CA_FILE, where set, hold certificates."""
    hint = "Name a PEM file with the certificates of your authority, or leave the setting empty."
    return [
        Error(f"{name}: “{path}” cannot be read as certificates.", hint=hint, id="leadflip.E010")
        for name in ("OUTGOING_CA_FILE", "SMTP_CA_FILE")
        if (path := getattr(settings, name)) and not _holds_certificates(path)
    ]


def _holds_certificates(path: str) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError):
        return False
    return bool(context.get_ca_certs())


@register(Tags.database)
def postgres_is_new_enough(*, databases: Iterable[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E009: PostgreSQL 15 or newer. Asked where a command names its databases: `migrate` does."""
    return [message for alias in databases or [] for message in _version(alias)]


def _version(alias: str) -> list[CheckMessage]:
    connection = connections[alias]
    postgres = connection.vendor == "postgresql"
    major = connection.get_database_version()[0] if postgres else 0
    if major >= OLDEST_POSTGRES:
        return []
    found = f"PostgreSQL {major}" if postgres else connection.display_name
    hint = f"Name a PostgreSQL {OLDEST_POSTGRES} or newer in DATABASE_URL."
    return [Error(f"The database “{alias}” is {found}.", hint=hint, id="leadflip.E009")]
