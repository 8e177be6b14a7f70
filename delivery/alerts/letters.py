"""Alerts become letters: to the staff who want them, and one to the contact of a partner out of reach.

An alert is marked as sent before its letters leave, so no run sends it twice; where the mail server takes
no letters, the marks are taken back and the next run tries again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.alerts.matter import Matter, matters_of
from delivery.alerts.topics import Topic, readers, topic_of
from delivery.channels.base import Permanent
from delivery.models import Alert
from leadflip.kit import clock
from partners.accounts.links import can_send

logger = structlog.get_logger(__name__)

# What is older was overtaken by events. A partner hears again of a lane that was well for so long.
DAY = timedelta(days=1)
# Of one run; more wait for the next.
MOST = 200


def send() -> int:
    """Sends what was not sent yet; returns how many letters the mail server took.

    Without an SMTP account alerts wait, for a day. Raises DeliveryError where the server takes no letters.
    """
    if not can_send():
        return 0
    now = clock.now()
    taken = _take(now)
    sent = 0
    try:
        for letter in _letters(taken, now):
            sent += _sent(letter)
    except BaseException:
        if not sent:
            Alert.objects.filter(pk__in=[alert.pk for alert in taken]).update(sent_at=None)
        raise
    return sent


@transaction.atomic
def _take(now: datetime) -> list[Alert]:
    """Marks them as sent. What somebody looks after already is told to nobody."""
    fresh = Alert.objects.filter(sent_at=None, acknowledged_at=None, opened_at__gt=now - DAY)
    taken = list(fresh.select_for_update(skip_locked=True).order_by("opened_at", "pk")[:MOST])
    Alert.objects.filter(pk__in=[alert.pk for alert in taken]).update(sent_at=now)
    return taken


def _letters(taken: Sequence[Alert], now: datetime) -> Iterator[EmailMessage]:
    matters = matters_of(taken)
    yield from _to_readers(matters)
    for matter in matters:
        if _partner_hears(matter, now):
            yield _to_partner(matter)


def _to_readers(matters: Sequence[Matter]) -> Iterator[EmailMessage]:
    """To each of the staff one letter of what they want to be mailed, the same for all who want the same."""
    written: dict[frozenset[Topic], tuple[str, str]] = {}
    for reader in readers():
        chosen = [matter for matter in matters if topic_of(matter.alert) in reader.topics]
        if chosen and reader.topics not in written:
            written[reader.topics] = _written(chosen)
        if chosen:
            subject, text = written[reader.topics]
            yield EmailMessage(subject, text, to=[reader.email])


def _written(matters: Sequence[Matter]) -> tuple[str, str]:
    """Subject and text."""
    together = sorted(matters, key=lambda matter: (matter.host, matter.alert.opened_at))
    if len(together) == 1:
        subject = str(together[0])
    else:
        subject = ngettext("%(n)d alert", "%(n)d alerts", len(together)) % {"n": len(together)}
    mine = f"{settings.BASE_URL}{reverse('delivery:alerts_mine')}"
    context = {"matters": together, "site": settings.BASE_URL, "mine": mine}
    return subject, render_to_string("delivery/email/alerts.txt", context)


def _partner_hears(matter: Matter, now: datetime) -> bool:
    """Once an outage: not what is over already, nor what comes and goes, before a day without."""
    alert, row = matter.alert, matter.row
    if alert.kind != Alert.Kind.OPENED or row is None or not (row.partner.contact_email and matter.slowed):
        return False
    told = Alert.objects.filter(kind=Alert.Kind.OPENED, key=alert.key, sent_at__gt=now - DAY)
    return not told.exclude(pk=alert.pk).exists()


def _to_partner(matter: Matter) -> EmailMessage:
    assert matter.row is not None, "only a partner's own lane is told of"
    subject = _("Your endpoint %(host)s does not take leads") % {"host": matter.host}
    text = render_to_string("delivery/email/unreachable.txt", {"matter": matter})
    return EmailMessage(subject, text, to=[matter.row.partner.contact_email])


def _sent(letter: EmailMessage) -> int:
    """Whether it was taken. An address that is refused keeps the letter from nobody else."""
    try:
        return letter.send()
    except Permanent as error:
        logger.warning("alert_refused", error=error.error_class)
        return 0
