"""What beat starts. Each is safe to run twice, also at the same time."""

from celery import shared_task

from delivery.alerts import watch as watching
from distribution import answers, callbacks, hourly
from distribution.erasing import retention
from distribution.erasing import run as erasing
from distribution.intake import idempotency, renewal
from distribution.intake.imports import chunks, run
from distribution.routing import waiting
from distribution.watching import caps, keys, leads, sources


@shared_task
def route_waiting() -> int:
    """Each second: routes the leads that wait and are due; returns how many."""
    return waiting.drain()


@shared_task
def forget_idempotency_keys() -> int:
    """Each hour: removes answers older than 24 hours; returns how many."""
    return idempotency.forget()


@shared_task
def carry_on_imports() -> int:
    """Every two seconds: does the next chunks of imports that run; returns how many."""
    return run.carry_on()


@shared_task
def forget_imports() -> int:
    """Each hour: empties what was imported a week ago; returns how many chunks."""
    return chunks.forget()


@shared_task
def renew_match_keys() -> int:
    """Each minute: makes digests anew where match keys or digest keys changed; returns of how many leads."""
    return renewal.renew_all()


@shared_task(soft_time_limit=600, time_limit=630)
def count_hours() -> int:
    """Each minute: counts the leads of the last two hours, and what was missed; returns how many rows."""
    return hourly.count()


@shared_task(soft_time_limit=250, time_limit=280)
def send_callbacks() -> int:
    """Every five seconds: tells sources what partners answered; returns how many were taken."""
    return callbacks.run()


@shared_task
def forget_callbacks() -> int:
    """Each hour: removes call-backs that are over and a month old; returns how many."""
    return callbacks.forget()


@shared_task
def forget_hours() -> int:
    """Each hour: removes sums of hours of more than 90 days, and of answers of more than 400; how many."""
    return hourly.forget() + answers.forget()


@shared_task
def carry_on_erasures() -> int:
    """Every ten seconds: erases what open erasures have left; returns how many leads."""
    return erasing.carry_on()


@shared_task
def forget_old_leads() -> int:
    """Each hour: empties leads that are older than LEAD_DAYS; returns how many."""
    return retention.leads()


@shared_task(soft_time_limit=60, time_limit=90)
def watch() -> int:
    """Each minute: opens and closes alerts of caps and of leads that reach nobody; returns how many."""
    return watching.run([caps.look, leads.unrouted, leads.stuck])


@shared_task(soft_time_limit=250, time_limit=280)
def watch_sources() -> int:
    """Every five minutes: opens and closes alerts of sources that fell silent; returns how many."""
    return watching.run([sources.look])


@shared_task(soft_time_limit=600, time_limit=630)
def watch_keys() -> int:
    """Each hour: opens and closes alerts of keys that are due for rotation; returns how many."""
    return watching.run([keys.look])
