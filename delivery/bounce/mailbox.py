"""Reads the mailbox that is set, one reader at a time, and writes down how that went."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from delivery.bounce.imap import MOST_MAILS, Mailbox, MailboxError, look
from delivery.bounce.take import take
from delivery.models import BounceBox
from delivery.models.bounce import Inlet
from leadflip.kit import clock
from leadflip.kit.crypto import SealError

# All of one look; the task that waits for it holds a place of the worker.
SECONDS = 40
HELD = timedelta(seconds=SECONDS + 20)


def check(*, seconds: float = SECONDS, most: int = MOST_MAILS) -> int | None:
    """How many mails were read, None where no mailbox is set or another reads it now.

    Outside of any transaction. Raises MailboxError, which stands in the row, too.
    """
    rows = BounceBox.objects.filter(pk=1).exclude(host="")
    free = rows.filter(Q(reading_until=None) | Q(reading_until__lt=Now()))
    if not free.update(reading_until=Now() + HELD):
        return None
    how: dict[str, Any] = {"error": _("Something failed here: the log says more."), "error_at": clock.now()}
    count = 0

    def taken(raw: bytes, size: int) -> None:
        nonlocal count
        take(raw, inlet=Inlet.IMAP, size=size)
        count += 1

    try:
        look(_mailbox(rows.get()), taken, seconds=seconds, most=most)
        how = {"error": "", "error_at": None, "read_at": clock.now()}
    except MailboxError as error:
        how["error"] = str(error)[:500]
        raise
    finally:
        rows.update(reading_until=None, read_count=F("read_count") + count, **how)
    return count


def _mailbox(row: BounceBox) -> Mailbox:
    try:
        password = row.password()
    except SealError:
        raise MailboxError(_("No key in ENCRYPTION_KEYS opens the mailbox's password.")) from None
    return Mailbox(
        host=row.host,
        port=row.port,
        security=row.security,
        user=row.user,
        password=password,
        folder=row.folder,
        processed=row.processed,
        ca_file=settings.SMTP_CA_FILE,
    )
