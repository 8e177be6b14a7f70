"""A raw mail comes in: it is kept, and acts at most once."""

import hashlib
import logging

from django.db import transaction

from delivery.bounce import act, match
from delivery.bounce.report import Report, read
from delivery.models import BounceMail, Job
from delivery.models.bounce import Effect, MailKind
from leadflip.kit import clock
from leadflip.kit.crypto import SealError

logger = logging.getLogger(__name__)

# What is kept of a mail; the rest is not even read.
MOST_BYTES = 1024 * 1024


@transaction.atomic
def take(raw: bytes, *, inlet: str, size: int | None = None) -> BounceMail:
    """The mail's row: a new one, or that of the same mail from before, which then changes nothing.

    `size` is that of the whole mail, where `raw` is cut.
    """
    raw = raw[:MOST_BYTES]
    digest = hashlib.sha256(raw).digest()
    known = BounceMail.objects.filter(digest=digest).first()
    if known is not None:
        return known
    report = read(raw)
    mail = BounceMail(
        received_at=clock.now(),
        inlet=inlet,
        kind=report.kind,
        effect=Effect.UNMATCHED,
        size=size or len(raw),
        digest=digest,
    )
    mail.put(raw, {"from": report.sender, "subject": report.subject, "text": report.text})
    # The row goes first: of two at a time one waits here, and then finds what the other did.
    mail, made = BounceMail.objects.get_or_create(digest=digest, defaults=_columns(mail))
    if made:
        _follow(mail, report)
        logger.info("returned mail %s: %s, %s", mail.pk, mail.kind, mail.effect)
    return mail


def take_waiting() -> int:
    """Lets the bounces act that came while their job was being sent; returns how many did."""
    waiting = BounceMail.objects.filter(effect=Effect.WAITING).order_by("id")
    return sum(_again(key) for key in waiting.values_list("pk", flat=True)[:1000])


@transaction.atomic
def _again(key: int) -> bool:
    rows = BounceMail.objects.select_for_update(no_key=True, skip_locked=True)
    mail = rows.filter(pk=key, effect=Effect.WAITING).first()
    if mail is None:
        return False
    try:
        report = read(mail.raw())
    except SealError:
        # It stays waiting: once the key is back it acts, and until then it holds up no other.
        logger.error("returned mail %s: no key in ENCRYPTION_KEYS opens it", mail.pk)
        return False
    _follow(mail, report)
    return mail.effect != Effect.WAITING


def _columns(mail: BounceMail) -> dict[str, object]:
    names = ("received_at", "inlet", "kind", "effect", "size", "sealed_head", "sealed")
    return {name: getattr(mail, name) for name in names}


def _follow(mail: BounceMail, report: Report) -> None:
    """Finds the job and lets a bounce act on it."""
    found = match.find(report, mail.received_at)
    mail.job_id = found.job
    if found.forged:
        mail.effect = Effect.FORGED
    elif found.job is None:
        mail.effect = Effect.UNMATCHED
    elif report.kind == MailKind.FAILED:
        mail.effect, mail.words = act.strike(found.job, found.sent_at, report.recipients)
    else:
        mail.effect = Effect.NOTED
    if found.job and Job.objects.filter(pk=found.job, erased=True).exists():
        # It may quote the letter, and the lead in it is erased.
        mail.put(b"", {"from": "", "subject": "", "text": ""})
    mail.save(update_fields=["job", "effect", "words", "sealed", "sealed_head"])
