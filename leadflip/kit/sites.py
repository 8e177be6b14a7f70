"""Sites by their origin, the form in which a Content-Security-Policy names them."""

import re
from urllib.parse import urlsplit

_HOST = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_ORIGIN = re.compile(
    rf"https://{_HOST}(?::[0-9]{{1,5}})?|http://(?:localhost|127\.0\.0\.1)(?::[0-9]{{1,5}})?"
)


def origin_of(address: str) -> str:
    """`https://example.com:8443` of any address there; "" for what is neither https nor on this machine.

    Nothing but an origin is ever returned, so that it cannot end a policy's directive.
    """
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # UnicodeError is one
        return ""
    origin = f"{parts.scheme}://{host}{port}"
    return origin if _ORIGIN.fullmatch(origin) else ""
