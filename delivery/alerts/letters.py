"""Alerts become letters: to those who operate, and one to the contact of a partner that cannot be reached.

An alert is marked as sent before its letters leave, so no run sends it twice; where the mail server takes
no letters, the marks are taken back and the next run tries again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.alerts.matter import Matter, matters_of
from delivery.channels.base import Permanent
from delivery.models import Alert
from leadflip.kit import clock
from partners.accounts.links import can_send
from partners.models import User
from partners.roles import ADMIN, OPERATOR

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
    if matters:
        subject, text = _to_operators(matters)
        for address in _operators():
            yield EmailMessage(subject, text, to=[address])
    for matter in matters:
        if _partner_hears(matter, now):
            yield _to_partner(matter)


def _operators() -> list[str]:
    people = User.objects.filter(Q(is_superuser=True) | Q(groups__name__in=[ADMIN, OPERATOR]), is_active=True)
    return list(people.exclude(email="").order_by("email").values_list("email", flat=True).distinct())


def _to_operators(matters: Sequence[Matter]) -> tuple[str, str]:
    """Subject and text, the same for each."""
    together = sorted(matters, key=lambda matter: (matter.host, matter.alert.opened_at))
    if len(together) == 1:
        subject = str(together[0])
    else:
        subject = ngettext("%(n)d alert", "%(n)d alerts", len(together)) % {"n": len(together)}
    context = {"matters": together, "site": settings.BASE_URL}
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
