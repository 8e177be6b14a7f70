"""What beat starts for people and their sessions."""

from celery import shared_task
from django.core.management import call_command


@shared_task
def forget_sessions() -> None:
    """Each day: removes sessions that have expired. Safe to run twice."""
    call_command("clearsessions")
