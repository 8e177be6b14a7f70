"""A partner's URL, read once by a strict grammar, so that no two parsers can read it differently."""

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

import idna
from django.utils.translation import gettext as _

from partners.outgoing.addresses import Opening, allowed, openings, port_allowed
from partners.outgoing.errors import AddressDeniedError, OutgoingError

LONGEST = 2048
GRAMMAR = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
ENDS_IN_NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")
DEFAULT_PORTS = {"http": 80, "https": 443}


class Target(NamedTuple):
    """A URL in its one form: host in ASCII and lower case (IPv6 without brackets), port as a number."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def secure(self) -> bool:
        return self.scheme == "https"


def check_url(url: str, allow: tuple[str, ...] = ()) -> None:
    """Raises OutgoingError, in words for the form, where webhooks do not use `url`.

    `allow`: the entries of OUTGOING_ALLOW.
    """
    target(url, allow)


@lru_cache(maxsize=4096)
def target(url: str, allow: tuple[str, ...] = ()) -> Target:
    """`url` read and normalised. Raises OutgoingError; what a name resolves to is judged at connecting."""
    match = GRAMMAR.fullmatch(_plain(url))
    if match is None:
        raise OutgoingError(_("Write the whole address, such as https://crm.example.com/leads."))
    scheme = _scheme(match["scheme"])
    opened = openings(allow)
    name, port = _authority(match["authority"], scheme, opened)
    host = _host(name, port, opened)
    rest = _rest(match["rest"])
    return Target(f"{scheme}://{_netloc(host, port, scheme)}{rest}", scheme, host, port)


def _plain(url: str) -> str:
    if not url:
        raise OutgoingError(_("The URL is missing: enter the partner's endpoint."))
    if len(url) > LONGEST:
        raise OutgoingError(_("The URL is longer than %d characters: shorten it.") % LONGEST)
    if "\\" in url:
        raise OutgoingError(_("The URL holds a backslash: write / instead."))
    if any(char.isspace() or not char.isprintable() for char in url):
        raise OutgoingError(_("The URL holds a blank or a control character: remove it, or write %20."))
    return url


def _scheme(scheme: str) -> str:
    if scheme.lower() not in DEFAULT_PORTS:
        raise OutgoingError(_("The URL starts with %s://: only https:// and http:// are used.") % scheme)
    return scheme.lower()


def _authority(text: str, scheme: str, opened: tuple[Opening, ...]) -> tuple[str, int]:
    if "@" in text:
        raise OutgoingError(_("The URL holds a user name before @: put credentials into a custom header."))
    if "%" in text:
        raise OutgoingError(_("The host holds a % sign: write the plain host name."))
    match = re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?", text)
    if match is None or not match[1]:
        raise OutgoingError(_("The URL has no usable host: write https://host/path, IPv6 in brackets."))
    port = int(match[2] or DEFAULT_PORTS[scheme])
    if not port_allowed(port, opened):
        raise OutgoingError(
            _("Port %d is closed to webhooks: use 443, 80 or one above 1023 of no other service.") % port
        )
    return match[1], port


def _host(text: str, port: int, opened: tuple[Opening, ...]) -> str:
    if text.startswith("["):
        return _checked_address(text[1:-1], port, opened)
    host = _ascii(text)
    if ENDS_IN_NUMBER.fullmatch(host):
        return _checked_address(host, port, opened)
    return _checked_name(host)


def _ascii(text: str) -> str:
    """The host in ASCII and lower case: IDNA is applied here, and nowhere after."""
    try:
        host = text if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise OutgoingError(_("The host name %s is not one that DNS can hold.") % text) from None
    return host.lower().removesuffix(".")


def _checked_name(host: str) -> str:
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in host.split(".")):
        raise OutgoingError(
            _("The host name %s has a character or a length that DNS does not know: check it.") % host
        )
    return host


def _checked_address(host: str, port: int, opened: tuple[Opening, ...]) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        raise OutgoingError(
            _("The host %s is an address written in an unusual way: write four numbers.") % host
        ) from None
    if not allowed(host, port, opened):
        raise AddressDeniedError(
            _("The address %s is closed to webhooks. To open an own network, name it in OUTGOING_ALLOW.")
            % (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        )
    return address.compressed


def _rest(text: str) -> str:
    path, hash_sign, _fragment = text.partition("#")
    if hash_sign:
        raise OutgoingError(_("The URL holds a # sign: what follows it is never sent, so leave it out."))
    return path if path.startswith("/") else f"/{path}"


def _netloc(host: str, port: int, scheme: str) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == DEFAULT_PORTS[scheme] else f"{name}:{port}"
