"""What beat starts for people."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from partners.tasks import forget_sessions


def test_forget_sessions_removes_those_that_expired(db: None) -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(hours=1))
    forget_sessions()
    assert [session.session_key for session in Session.objects.all()] == ["new"]
