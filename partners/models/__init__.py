"""Who receives leads, how they are reached, all people with a login, and what they did."""

from partners.models.address import AddressChange
from partners.models.audit import AuditEntry
from partners.models.partner import May, Partner
from partners.models.people import Invitation, Member, User
from partners.models.revision import Revision
from partners.models.settings import DeliverySettings, RetryPolicy

__all__ = [
    "AddressChange",
    "AuditEntry",
    "DeliverySettings",
    "Invitation",
    "May",
    "Member",
    "Partner",
    "RetryPolicy",
    "Revision",
    "User",
]
