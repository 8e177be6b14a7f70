"""Who receives leads, how they are reached, and all people with a login."""

from partners.models.partner import Partner
from partners.models.people import Member, User
from partners.models.revision import Revision
from partners.models.settings import DeliverySettings, RetryPolicy

__all__ = ["DeliverySettings", "Member", "Partner", "RetryPolicy", "Revision", "User"]
