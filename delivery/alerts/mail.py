"""E-mail that cannot leave: no account at all, or one of the environment that takes nothing.

The account in the admin has a breaker, which opens alerts of its own (`delivery.engine.health`).
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import F, Sum
from django.utils.translation import ngettext

from delivery import matters
from delivery.alerts import book
from delivery.alerts.book import Found
from delivery.models import Alert, Hourly
from leadflip.kit import clock, paging, show
from partners.models.settings import Kind

# Attempts of this hour and the one before that failed, none being taken.
LEAST = 5
HOUR = timedelta(hours=1)


def unset() -> int:
    """Partners get e-mail, and there is no account to send it from. Returns how many alerts were opened."""
    looked = matters.smtp_unset()
    count = paging.counted(looked.rows)
    found = {Alert.SMTP: Found("", f"{looked.words(count)}.")} if count else {}
    return book.keep(Alert.Kind.SMTP_UNSET, found)


def down() -> int:
    """The account of the environment takes no letter. Returns how many alerts were opened."""
    failed = _failed() if settings.SMTP_URL else 0
    told = ngettext(
        "%(n)s attempt of this hour and the one before failed, and none was taken.",
        "%(n)s attempts of this hour and the one before failed, and none was taken.",
        failed,
    )
    found = {Alert.SMTP: Found("", told % {"n": show.number(failed)})} if failed >= LEAST else {}
    return book.keep(Alert.Kind.SMTP_DOWN, found)


def _failed() -> int:
    """How many attempts failed that speak of the account; 0 where one was taken."""
    since = clock.now().replace(minute=0, second=0, microsecond=0) - HOUR
    hours = Hourly.objects.filter(hour__gte=since, settings__kind=Kind.EMAIL)
    failing = F("temporary") + F("configuration") + F("unknown")
    sums = hours.aggregate(failed=Sum(failing), taken=Sum(F("delivered") + F("permanent")))
    return 0 if sums["taken"] else sums["failed"] or 0
