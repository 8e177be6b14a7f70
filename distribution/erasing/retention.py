"""Old leads are emptied as erased ones are; that they came, who got them and at what price stays."""

from uuid import UUID

from django.conf import settings

from distribution.erasing.erase import BATCH, erase
from distribution.models import Lead
from leadflip.kit.retire import retire


def leads() -> int:
    """Empties leads older than LEAD_DAYS; returns how many. One with a job that is being sent waits."""
    return retire(Lead.objects.filter(erased_at=None), "created_at", settings.LEAD_DAYS, _empty)


def _empty(ids: list[UUID]) -> int:
    return sum(len(erase(ids[first : first + BATCH]).erased) for first in range(0, len(ids), BATCH))
