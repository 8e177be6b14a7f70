"""E-mail that cannot leave because there is no account: one has a breaker, with alerts of its own."""

from delivery import matters
from delivery.alerts import book
from delivery.alerts.book import Found
from delivery.models import Alert
from leadflip.kit import paging


def unset() -> int:
    """Partners get e-mail, and there is no account to send it from. Returns how many alerts were opened."""
    looked = matters.smtp_unset()
    count = paging.counted(looked.rows)
    found = {Alert.SMTP: Found("", f"{looked.words(count)}.")} if count else {}
    return book.keep(Alert.Kind.SMTP_UNSET, found)
