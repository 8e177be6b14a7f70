"""The process's clock. Due and lease times are the database's own and never come from here."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The current time, aware, in UTC."""
    return timezone.now()
