"""What people may do with a lane: pause it, resume it, try it at once, or begin anew once it was mended."""

import logging
from contextlib import suppress

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from delivery.channels.base import DeliveryError
from delivery.models import Alert, Job, Lane, SmtpAccount
from delivery.smtp.account import current_account
from delivery.trial import SCOPE
from delivery.waking import wake
from leadflip.kit import clock
from partners import audit
from partners.models import DeliverySettings, Partner, User
from partners.models.settings import Kind

logger = logging.getLogger(__name__)

# The account of all e-mail; no settings row.
ACCOUNT = 1
WELL = {"state": Lane.State.CLOSED, "failures": 0, "failing_since": None, "opens": 0, "open_until": None}


@transaction.atomic
def pause(settings_id: int | None, *, by: User) -> bool:
    """Lets its jobs wait until it is resumed; None: all e-mail. False where it was paused already.

    What is being sent ends as it would. Raises IntegrityError where there is no such row.
    """
    if Lane.objects.filter(_of(settings_id), paused_at__isnull=False).exists():
        return False
    key = {"settings_id": settings_id} if settings_id else {"smtp_id": ACCOUNT}
    # One statement: the engines make and forget lanes at any moment.
    Lane.objects.bulk_create(
        [Lane(**key, paused_at=clock.now(), paused_by=by)],
        update_conflicts=True,
        unique_fields=["settings" if settings_id else "smtp"],
        update_fields=["paused_at", "paused_by"],
    )
    _note(settings_id, _("Pause: %(destination)s"), by)
    return True


@transaction.atomic
def resume(settings_id: int | None, *, by: User) -> bool:
    """Ends a pause: one job first, then as after an outage 2, 4, 8 at once. False where it is not paused."""
    paused = Lane.objects.filter(_of(settings_id), paused_at__isnull=False)
    # `opens` stays: what was down before the pause, and still is, is left alone as long as before.
    begin = {**WELL, "state": Lane.State.RAMP, "ramp": 1, "opens": F("opens")}
    if not paused.update(**begin, paused_at=None, paused_by=None, resumed_at=Now()):
        return False
    wake()
    _note(settings_id, _("Resume: %(destination)s"), by)
    return True


@transaction.atomic
def pause_all(partner: Partner, *, by: User) -> int:
    """Pauses each webhook of the partner that is not; returns how many that were.

    Its e-mail is the account's, and the portal calls nobody.
    """
    return sum(pause(row.pk, by=by) for row in webhooks(partner))


@transaction.atomic
def resume_all(partner: Partner, *, by: User) -> int:
    """Ends all pauses of the partner's webhooks; returns how many there were."""
    return sum(resume(row.pk, by=by) for row in webhooks(partner))


def webhooks(partner: Partner) -> QuerySet[DeliverySettings]:
    """The partner's, without tests; in one order, so that two who act on all at once do not cross."""
    rows = DeliverySettings.objects.filter(partner=partner, kind=Kind.WEBHOOK)
    return rows.exclude(scope__startswith=SCOPE).order_by("pk")


@transaction.atomic
def probe(*, lane_id: int, by: User) -> bool:
    """Lets the first job of a slowed lane try it at once. False where it is not slowed, or paused."""
    lane = Lane.objects.filter(pk=lane_id, state=Lane.State.OPEN, paused_at=None)
    if not lane.update(open_until=Now()):
        return False
    found = lane.get()
    _due_now(found)
    wake()
    _note(found.settings_id, _("Try now: %(destination)s"), by)
    return True


def _note(settings_id: int | None, what: str, by: User) -> None:
    """Into the audit log: of the partner whose destination it is, or of the e-mail account."""
    rows = DeliverySettings.objects.select_related("partner")
    row = rows.get(pk=settings_id) if settings_id else None
    named = what % {"destination": str(row or account())}
    audit.acted(by=by, what=named, objects=[row.partner if row else account()])
    logger.info("lane %s: %s, by user %s", Alert.key_of(settings_id), named, by.pk)


def account() -> SmtpAccount:
    """The e-mail account in force; one of the environment has no row, and is not to be saved."""
    row = None if settings.SMTP_URL else SmtpAccount.objects.filter(pk=ACCOUNT).first()
    if row is not None:
        return row
    with suppress(DeliveryError):
        if known := current_account():
            return SmtpAccount(pk=ACCOUNT, host=known.host, port=known.port)
    return SmtpAccount(pk=ACCOUNT)


def _due_now(lane: Lane) -> None:
    """Brings the first waiting job forward where none is due; one that is being claimed is not waited for."""
    waiting = lane.waiting.order_by("next_attempt_at")
    first = waiting.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    if first is not None:
        Job.objects.filter(pk=first.pk, next_attempt_at__gt=Now()).update(next_attempt_at=Now())


@transaction.atomic
def mended(settings_id: int | None) -> None:
    """Forgets that a lane was slowed, since what it is sent to changed; None: the SMTP account's.

    A pause lasts: whoever made it ends it.
    """
    found = Lane.objects.filter(_of(settings_id))
    forgotten = found.filter(paused_at=None, resumed_at=None).delete()[0]
    if not (found.exclude(state=Lane.State.CLOSED).update(**WELL, ramp=0) or forgotten):
        return
    key = Alert.key_of(settings_id)
    Alert.objects.filter(key=key, kind__startswith="lane_", closed_at=None).update(closed_at=Now())
    wake()
    logger.info("lane %s: begins anew, its settings were changed", key)


def _of(settings_id: int | None) -> Q:
    return Q(settings=settings_id) if settings_id else Q(smtp__isnull=False)
