"""Returned mails are kept for a time."""

from datetime import timedelta

from delivery.models import BounceMail
from leadflip.kit import clock

KEPT = timedelta(days=90)
BATCH = 1000


def forget() -> int:
    """Removes what is older, in batches; returns how many rows that were."""
    old = BounceMail.objects.filter(received_at__lt=clock.now() - KEPT).order_by("received_at")
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        count += BounceMail.objects.filter(pk__in=ids).delete()[0]
    return count
