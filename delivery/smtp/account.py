"""The account that email leaves from: of the environment, else of the admin."""

from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from delivery.channels.base import Configuration, Temporary
from delivery.models import SmtpAccount
from leadflip.kit.crypto import SealError

TLS, STARTTLS, NONE = SmtpAccount.Security.values
SCHEMES = {"smtp": (NONE, 25), "smtp+starttls": (STARTTLS, 587), "smtps": (TLS, 465)}
CONNECTIONS = 2
MOST_CONNECTIONS = 20


@dataclass(frozen=True, slots=True)
class Account:
    """An SMTP server and who writes. `name` and `address` are the From header's two parts.

    `connections` is the most that one process opens. Without TLS no password is sent. With a
    `bounce_domain` the letters of jobs have signed return addresses there, else the From address.
    """

    host: str
    port: int
    security: str
    address: str
    name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    connections: int = CONNECTIONS
    ca_file: str = ""
    bounce_domain: str = ""

    @property
    def domain(self) -> str:
        """The domain of the From address, in ASCII."""
        return self.address.rpartition("@")[2]


def current_account() -> Account | None:
    """The account in force, None if there is none. Reads the database, so not for an event loop.

    Raises Configuration where it cannot be used, Temporary where its password does not open.
    """
    if settings.SMTP_URL:
        return _of_url(settings.SMTP_URL, settings.SMTP_FROM, settings.SMTP_CA_FILE)
    row = SmtpAccount.objects.filter(pk=1).first()
    return None if row is None else account_of(row)


def account_of(row: SmtpAccount) -> Account:
    """The account of a row, saved or not. Raises as `current_account` does."""
    name, address = _sender(row.from_address, _("the SMTP account's “from”"))
    try:
        password = row.password()
    except SealError:
        raise Temporary("sealed", _("No key in ENCRYPTION_KEYS opens the SMTP account's password.")) from None
    return Account(
        host=row.host,
        port=row.port,
        security=row.security,
        address=address,
        name=name,
        user=row.user,
        password=password,
        connections=row.connections,
        ca_file=settings.SMTP_CA_FILE,
        bounce_domain=row.bounce_domain,
    )


@lru_cache(maxsize=8)
def _of_url(url: str, sender: str, ca_file: str) -> Account:
    name, address = _sender(sender, "SMTP_FROM")
    try:
        parts = urlsplit(url)
        security, usual = SCHEMES[parts.scheme]
        return Account(
            host=str(parts.hostname or _unusable()),
            port=parts.port or usual,
            security=security,
            address=address,
            name=name,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            connections=_connections(parts),
            ca_file=ca_file,
            bounce_domain=_bounce_domain(parts),
        )
    except (ValueError, KeyError):
        raise Configuration(
            "settings",
            _("SMTP_URL is not such as smtp+starttls://user:password@smtp.example.com:587: mend it."),
        ) from None


def _unusable() -> str:
    raise ValueError


def _connections(parts: SplitResult) -> int:
    asked = parse_qs(parts.query).get("connections", [str(CONNECTIONS)])[-1]
    return max(1, min(int(asked), MOST_CONNECTIONS))


def _bounce_domain(parts: SplitResult) -> str:
    asked = parse_qs(parts.query).get("bounces", [""])[-1]
    return mail_domain(asked) if asked else ""


def mail_domain(written: str) -> str:
    """A mail domain in ASCII and small letters. Raises ValueError."""
    try:
        found = validate_email(f"b@{written.strip()}", check_deliverability=False)
    except EmailNotValidError:
        raise ValueError from None
    return found.ascii_domain.lower()


def _sender(written: str, where: str) -> tuple[str, str]:
    """Name and address, the latter in ASCII."""
    name, address = parseaddr(written)
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise Configuration(
            "settings",
            _("Write an address such as “Leads <leads@example.com>” into %(where)s.") % {"where": where},
        ) from None
    return name, f"{found.local_part}@{found.ascii_domain}"
