"""Entries are kept for AUDIT_DAYS."""

from datetime import timedelta

from django.conf import settings

from leadflip.kit import clock
from partners.models import AuditEntry

BATCH = 1000


def forget() -> int:
    """Removes what is older, in batches; returns how many rows that were. With 0 days nothing is removed."""
    if not settings.AUDIT_DAYS:
        return 0
    old = AuditEntry.objects.filter(at__lt=clock.now() - timedelta(days=settings.AUDIT_DAYS)).order_by("at")
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        count += AuditEntry.objects.filter(pk__in=ids).delete()[0]
    return count
