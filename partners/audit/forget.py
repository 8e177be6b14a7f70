"""Entries are kept for AUDIT_DAYS."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import Model

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


def forget_values(model: type[Model], ids: Iterable[object]) -> None:
    """Leaves of what was changed on these objects its labels alone: the objects' values were erased."""
    named = AuditEntry.objects.filter(model=model._meta.label_lower, object_id__in=[str(id) for id in ids])
    for entry in named.exclude(changes=[]):
        entry.changes = [{"what": change.get("what", "")} for change in entry.changes]
        entry.save(update_fields=["changes"])
