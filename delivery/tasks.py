"""Celery's tasks of delivery. The jobs themselves are the engine's; here is the way for a single one."""

import asyncio
import logging
from uuid import UUID

from celery import shared_task
from django.db.models.functions import Now

from delivery import bulk, hourly, retention, trial
from delivery.alerts import backlog, book, letters, mail, post
from delivery.alerts import watch as watching
from delivery.bounce import mailbox
from delivery.bounce.imap import MailboxError
from delivery.bounce.take import take_waiting
from delivery.channels.base import DeliveryError
from delivery.engine.engine import Engine
from delivery.models import Job
from delivery.models.job import WAITING

logger = logging.getLogger(__name__)

NOT_DUE = "not due"
HELD = "held"


@shared_task
def run_job(job_id: str) -> str:
    """Sends one due job through the engine's own claim, channel and settling.

    The job is due like any other, so an engine may have it first; this then does nothing. Returns the
    job's status; NOT_DUE where its time has not come, HELD where its lane or partner has no place
    for it now: the engine then sends it as soon as it may. Raises Job.DoesNotExist.
    """
    key = UUID(job_id)
    claimed = asyncio.run(_deliver(key))
    job = Job.objects.get(id=key)
    if claimed or job.status not in WAITING:
        return job.status
    due = Job.objects.filter(id=key, next_attempt_at__lte=Now()).exists()
    left = HELD if due else NOT_DUE
    logger.info("job %s: left to the engine: %s", key, left)
    return left


@shared_task
def forget_tests() -> int:
    """Removes the secrets that tests of delivery settings left sealed; returns from how many."""
    return trial.forget_secrets()


@shared_task(soft_time_limit=90, time_limit=100)
def read_bounces() -> int:
    """Reads the mailbox for bounces, if one is set; returns how many mails came.

    Then lets those act that came while their job was being sent. Safe to run twice: one reader at a time.
    """
    count = 0
    try:
        count = mailbox.check() or 0
    except MailboxError as error:
        # The page of bounces shows it.
        logger.warning("bounces: %s", error)
    take_waiting()
    return count


@shared_task(soft_time_limit=60, time_limit=90)
def watch() -> int:
    """Each minute: opens and closes alerts of backlogs and of e-mail; returns how many were opened."""
    return watching.run([backlog.look, mail.unset])


@shared_task(soft_time_limit=300, time_limit=330)
def send_alerts() -> int:
    """Mails the alerts that nobody was told of yet; returns how many letters went out. Safe to run twice."""
    try:
        return letters.send()
    except DeliveryError as error:
        # They wait for the next run; the account's own page shows what is wrong with it.
        logger.warning("alerts were not sent: %s", error.error_class)
        return 0


@shared_task(soft_time_limit=250, time_limit=280)
def post_alerts() -> int:
    """Posts alerts to ALERT_WEBHOOK_URL; returns how many were taken. Safe to run twice."""
    return post.run()


@shared_task
def forget_alerts() -> int:
    """Each hour: removes alerts that were over 90 days ago; returns how many."""
    return book.forget()


@shared_task(soft_time_limit=600, time_limit=630)
def count_hours() -> int:
    """Each minute: counts attempts into hours; returns how many hours changed."""
    return hourly.count()


@shared_task
def forget_hours() -> int:
    """Each hour: removes sums of more than 90 days; returns how many."""
    return hourly.forget()


@shared_task
def forget_old() -> int:
    """Each hour: removes bodies, attempts and returned mails that are older than they are kept.

    Returns how many. Safe to run twice at a time; what is left, the next run removes.
    """
    return retention.bodies() + retention.attempts() + retention.mails()


@shared_task
def run_bulk() -> int:
    """Every two seconds: does the next batches of bulk actions that run; returns of how many jobs."""
    return bulk.carry_on()


@shared_task
def forget_bulk() -> int:
    """Removes bulk actions that ended more than 90 days ago; returns how many."""
    return bulk.forget()


async def _deliver(job_id: UUID) -> int:
    async with Engine() as engine:
        return await engine.run_once(only=job_id)
