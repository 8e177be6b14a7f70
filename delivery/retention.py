"""How long delivery keeps what was sent and answered, the facts of attempts, and returned mails."""

from django.conf import settings

from delivery.models import Attempt, AttemptBody, BounceMail
from delivery.models.job import SETTLED
from leadflip.kit.retire import retire


def bodies() -> int:
    """Removes sent bytes and answers older than BODY_DAYS; the attempts stay."""
    return retire(AttemptBody.objects.all(), "attempt__started_at", settings.BODY_DAYS)


def attempts() -> int:
    """Removes attempts older than ATTEMPT_DAYS of jobs that have ended; the jobs stay."""
    return retire(Attempt.objects.all(), "started_at", settings.ATTEMPT_DAYS, _of_ended_jobs)


def mails() -> int:
    """Removes returned mails older than BOUNCE_DAYS."""
    return retire(BounceMail.objects.all(), "received_at", settings.BOUNCE_DAYS)


def _of_ended_jobs(keys: list[int]) -> int:
    ended = Attempt.objects.filter(pk__in=keys, job__status__in=SETTLED)
    _all, by_model = ended.delete()
    return by_model.get(Attempt._meta.label, 0)
