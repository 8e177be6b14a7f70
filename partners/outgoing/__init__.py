"""What webhooks may reach and carry: pure rules, asked when a form is saved and at every send."""

from partners.outgoing.addresses import Opening, allowed, openings, port_allowed
from partners.outgoing.errors import AddressDeniedError, OutgoingError
from partners.outgoing.headers import check_headers
from partners.outgoing.urls import Target, check_url, target

__all__ = [
    "AddressDeniedError",
    "Opening",
    "OutgoingError",
    "Target",
    "allowed",
    "check_headers",
    "check_url",
    "openings",
    "port_allowed",
    "target",
]
