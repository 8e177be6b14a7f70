"""What people may do with a lane that is left alone: try it at once, or begin anew once it was mended."""

import logging

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from delivery.models import Alert, Job, Lane
from delivery.services import wake
from partners.models import User

logger = logging.getLogger(__name__)


@transaction.atomic
def probe(*, lane_id: int, by: User) -> bool:
    """Ends the pause of a slowed lane: its first job tries it at once. False where it is not slowed."""
    lane = Lane.objects.filter(pk=lane_id, state=Lane.State.OPEN)
    if not lane.update(open_until=Now()):
        return False
    _due_now(lane.get())
    wake()
    logger.info("lane %s: its next probe was brought forward by user %s", lane_id, by.pk)
    return True


def _due_now(lane: Lane) -> None:
    """Brings the first waiting job forward where none is due; one that is being claimed is not waited for."""
    waiting = lane.waiting.order_by("next_attempt_at")
    first = waiting.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    if first is not None:
        Job.objects.filter(pk=first.pk, next_attempt_at__gt=Now()).update(next_attempt_at=Now())


@transaction.atomic
def mended(settings_id: int | None) -> None:
    """Forgets that a lane was slowed, since what it is sent to changed; None: the SMTP account's."""
    found = Q(settings=settings_id) if settings_id else Q(smtp__isnull=False)
    if not Lane.objects.filter(found).delete()[0]:
        return
    key = Alert.key_of(settings_id)
    Alert.objects.filter(key=key, kind__startswith="lane_", closed_at=None).update(closed_at=Now())
    wake()
    logger.info("lane %s: begins anew, its settings were changed", key)
