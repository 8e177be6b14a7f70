"""What beat starts for the portal."""

from celery import shared_task

from portal import news


@shared_task(soft_time_limit=270, time_limit=300)
def send_news() -> int:
    """Each minute: sends the letters of new leads that are due; returns how many left. Safe to run twice."""
    return news.send()
