"""Entries are kept for AUDIT_DAYS."""

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Model

from leadflip.kit.retire import retire
from partners.models import AuditEntry


def forget() -> int:
    """Removes what is older, see `kit.retire`; returns how many rows that were."""
    return retire(AuditEntry.objects.all(), "at", settings.AUDIT_DAYS)


def forget_values(model: type[Model], ids: Iterable[object]) -> None:
    """Leaves of what was changed on these objects its labels alone: the objects' values were erased."""
    named = AuditEntry.objects.filter(model=model._meta.label_lower, object_id__in=[str(id) for id in ids])
    for entry in named.exclude(changes=[]):
        entry.changes = [{"what": change.get("what", "")} for change in entry.changes]
        entry.save(update_fields=["changes"])
