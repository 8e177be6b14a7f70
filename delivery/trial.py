"""A test of delivery settings: one real job through claim, channel and settling, marked as a test.

The settings, saved or only typed, become a settings row of whoever tests: a lane of its own, so that a
broken lane does not hold the test back and a failed test slows no lane. A test is tried once, has no
assignment, and the portal's channel puts nothing into the feed.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from delivery.models import Job, Lane
from delivery.waking import wake
from leadflip.kit import clock
from leadflip.kit.ids import uuid7
from partners.draft import Draft
from partners.models import DeliverySettings, Partner, User
from partners.services import save_draft

logger = logging.getLogger(__name__)

SCOPE = "test:"
# How long the secrets of a test stay sealed in its row.
KEPT = timedelta(hours=1)


class Untestable(Exception):
    """Why no test can be sent; its text says what to do."""


@transaction.atomic
def send_test(*, partner: Partner, draft: Draft, lead_id: UUID, by: User) -> Job:
    """Queues a test with these settings, due at once. Raises Untestable."""
    if not partner.active:
        raise Untestable(_("%s is inactive, so nothing is sent to it. Make it active first.") % partner)
    row = save_draft(partner=partner, draft=draft, scope=f"{SCOPE}{by.pk}")
    Lane.objects.filter(settings=row).delete()
    now = clock.now()
    job = Job.objects.create(
        id=uuid7(now),
        lead_id=lead_id,
        partner=partner,
        settings=row,
        kind=row.kind,
        policy=draft.policy,
        test=True,
        next_attempt_at=Now(),
        budget_due=Now(),
        created_at=now,
    )
    wake({row.pk})
    logger.info("job %s: test of partner %s by user %s", job.pk, partner.pk, by.pk)
    return job


def forget_secrets() -> int:
    """Removes the secrets of tests that are over; returns from how many rows."""
    over = DeliverySettings.objects.filter(
        scope__startswith=SCOPE, sealed__isnull=False, updated_at__lt=clock.now() - KEPT
    )
    return over.update(sealed=None)
