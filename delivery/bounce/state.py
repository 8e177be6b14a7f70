"""Where letters come back to, in words for the pages of the e-mail settings and of bounces."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from delivery.channels.base import DeliveryError
from delivery.models import BounceBox, BounceMail
from delivery.models.bounce import Effect
from delivery.smtp.account import Account, current_account
from leadflip.kit import show


def state() -> dict[str, Any]:
    """For the templates: the address in force, both inlets, and what is unmatched."""
    box = BounceBox.objects.filter(pk=1).first() or BounceBox()
    account = _account()
    by_key = bool(box.inlet_digest)
    return {
        "box": box,
        "domain": account.bounce_domain if account else "",
        "sender": account.address if account else "",
        "by_environment": bool(settings.SMTP_URL),
        "by_mailbox": bool(box.host),
        "by_key": by_key,
        "none": not box.host and not by_key,
        "unmatched": _unmatched(),
        "url": f"{settings.BASE_URL.rstrip('/')}/api/inbound/bounce",
        "read": _("%(count)s mails so far") % {"count": show.number(box.read_count)},
    }


def _account() -> Account | None:
    try:
        return current_account()
    except DeliveryError:
        return None


def _unmatched() -> str:
    """How many mails belong to no job, counted no further than lists do; "" for none."""
    rows = BounceMail.objects.filter(effect=Effect.UNMATCHED).values("id")[: show.MOST + 1]
    count = len(rows)
    return show.count(count) if count else ""
