"""News by mail: who wants it, when a letter is due, and the sending of it.

A letter is a mark in its person's row before it leaves, and the mark goes once the mail server has taken it.
Who is killed in between leaves it standing: after LEASE it is sent again, of the same leads and with the same
Message-ID. So each letter leaves at least once; twice only where its sender died after the server's answer.
"""

import time
from datetime import datetime, timedelta
from datetime import time as daytime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from leadflip.kit import clock
from partners.accounts.links import can_send
from partners.models import Member, User
from portal import news_letter
from portal.models import Entry, News

logger = structlog.get_logger(__name__)

# Between two letters to one person who wants them at once.
PAUSE = timedelta(minutes=10)
# A letter is given up by its sender no later than this, and then sent by another.
LEASE = timedelta(minutes=10)
# What is younger may still be in a transaction that is not over: it comes with the next letter.
YOUNG = timedelta(seconds=10)
# After a failure: twice as long each time, up to a day.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(days=1)
MORNING = daytime(8)
# Of one run; what is left, the next one does.
SECONDS = 45.0


@transaction.atomic
def choose(*, member: Member, mode: str, at: datetime) -> None:
    """Sets what letters the person gets of this partner; "" for none. What came before is not told."""
    if not mode:
        News.objects.filter(member=member).delete()
        return
    row, _made = News.objects.get_or_create(member=member, defaults={"mode": mode, "upto": at, "due_at": at})
    row.mode, row.due_at = mode, at if mode == News.Mode.AT_ONCE else _morning(at, member.zone)
    # A letter that is on its way may come again: its leads are told anew.
    row.letter = row.until = row.claimed_at = None
    row.save()


def move(user: User, *, at: datetime) -> None:
    """The mornings of a person whose time zone is another now. A transaction."""
    for row in News.objects.filter(member__user=user, mode=News.Mode.DAILY, letter=None).select_related(
        "member__user", "member__partner"
    ):
        row.due_at = _morning(at, row.member.zone)
        row.save(update_fields=["due_at"])


def stop(member_id: int) -> None:
    """No more letters to this member."""
    News.objects.filter(member_id=member_id).delete()


def send(seconds: float = SECONDS) -> int:
    """Sends what is due, for so many seconds; returns how many letters the mail server took.

    Any number may run at a time. Without an SMTP account letters wait.
    """
    end, sent = time.monotonic() + seconds, 0
    while can_send() and time.monotonic() < end and (row := _claim(clock.now())) is not None:
        sent += _tell(row)
    return sent


@transaction.atomic
def _claim(now: datetime) -> News | None:
    """The next person with something to tell, marked as being told."""
    due = News.objects.filter(due_at__lte=now, member__user__is_active=True)
    free = due.filter(Q(claimed_at=None) | Q(claimed_at__lte=now - LEASE))
    told = Q(mode=News.Mode.DAILY) | Q(letter__isnull=False) | Exists(_fresh(now - YOUNG))
    rows = free.filter(told).select_related("member__user", "member__partner").order_by("due_at", "pk")
    row = rows.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if row is None:
        return None
    if row.letter is None:
        row.letter, row.until = uuid4(), now - YOUNG
    row.claimed_at = now
    row.save(update_fields=["letter", "until", "claimed_at"])
    return row


def _fresh(until: datetime) -> QuerySet[Entry]:
    waiting = Entry.objects.filter(partner=OuterRef("member__partner"), review=Entry.Review.PENDING)
    return waiting.filter(created_at__gt=OuterRef("upto"), created_at__lte=until)


def _tell(row: News) -> int:
    leads = Entry.objects.filter(
        partner=row.member.partner_id,
        review=Entry.Review.PENDING,
        created_at__gt=row.upto,
        created_at__lte=row.until,
    )
    letter = news_letter.write(row, leads)
    # Who was removed, or stopped it, since the claim gets nothing.
    if letter is None or not _held(row).filter(member__user__is_active=True).exists():
        _done(row)
        return 0
    try:
        letter.send()
    except Exception as error:
        _put_off(row, error)
        return 0
    _done(row, sent_at=clock.now())
    return 1


def _held(row: News) -> QuerySet[News]:
    return News.objects.filter(pk=row.pk, letter=row.letter)


def _done(row: News, **more: Any) -> None:
    now = clock.now()
    due = now + PAUSE if row.mode == News.Mode.AT_ONCE else _morning(now, row.member.zone)
    facts = {"upto": row.until, "due_at": due, "failures": 0, "error": "", **more}
    _held(row).update(letter=None, until=None, claimed_at=None, **facts)


def _put_off(row: News, error: Exception) -> None:
    """The letter stays, for a later run."""
    kind = str(getattr(error, "error_class", type(error).__name__))
    logger.warning("news_not_sent", error=kind)
    wait = min(FIRST_WAIT * 2 ** min(row.failures, 10), LONGEST_WAIT)
    _held(row).update(claimed_at=None, due_at=clock.now() + wait, failures=F("failures") + 1, error=kind[:40])


def _morning(now: datetime, zone: ZoneInfo) -> datetime:
    """The next eight o'clock there."""
    here = now.astimezone(zone)
    today = datetime.combine(here.date(), MORNING, zone)
    return today if today > here else datetime.combine(here.date() + timedelta(days=1), MORNING, zone)
