"""What beat starts for people and their sessions."""

from celery import shared_task
from django.core.management import call_command

from partners.audit.forget import forget


@shared_task
def forget_sessions() -> None:
    """Each day: removes sessions that have expired. Safe to run twice."""
    call_command("clearsessions")


@shared_task
def forget_audit() -> int:
    """Each day: removes entries of the audit log that are older than AUDIT_DAYS; returns how many."""
    return forget()
