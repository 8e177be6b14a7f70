"""Custom headers: which names and values a webhook may carry."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from partners.outgoing.errors import OutgoingError

MOST = 20
LONGEST_VALUE = 4096
LONGEST_NAME = 100
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VISIBLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")

# What the transport, HTTP itself or the signature sets.
FORBIDDEN = frozenset(
    {
        "accept-encoding",
        "connection",
        "cookie",
        "cookie2",
        "date",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "set-cookie",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
    }
)
FORBIDDEN_PREFIXES = ("content-", "proxy-", "sec-", "svix-", "webhook-", "x-amz-")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises OutgoingError at the first name or value that is not sent; a value is never in its text."""
    if len(headers) > MOST:
        raise OutgoingError(_("There are more than %d headers: remove some.") % MOST)
    if len({name.lower() for name in headers}) < len(headers):
        raise OutgoingError(_("A header name occurs twice: keep one of them."))
    for name, value in headers.items():
        check_name(name)
        check_value(name, value)


def check_name(name: str) -> None:
    """Raises OutgoingError where `name` is no header name, or one that is set elsewhere."""
    if not TOKEN.fullmatch(name) or len(name) > LONGEST_NAME:
        raise OutgoingError(
            _("A header name has letters, digits and hyphens only, no blanks, and at most %d characters.")
            % LONGEST_NAME
        )
    if name.lower() in FORBIDDEN or name.lower().startswith(FORBIDDEN_PREFIXES):
        raise OutgoingError(_("The header %s is set by Leadflip or by HTTP itself: leave it out.") % name)


def check_value(name: str, value: str) -> None:
    """Raises OutgoingError where `value` is empty, too long, or not visible ASCII."""
    if len(value) > LONGEST_VALUE:
        raise OutgoingError(
            _("The value of %(name)s is longer than %(most)d characters: shorten it.")
            % {"name": name, "most": LONGEST_VALUE}
        )
    if not VISIBLE.fullmatch(value):
        raise OutgoingError(
            _("The value of %s may hold visible ASCII characters with blanks between them only.") % name
        )
