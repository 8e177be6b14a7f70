"""What beat starts for people."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.utils import timezone

from partners.models import AuditEntry
from partners.tasks import forget_audit, forget_sessions


def test_forget_sessions_removes_those_that_expired(db: None) -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(hours=1))
    forget_sessions()
    assert [session.session_key for session in Session.objects.all()] == ["new"]


def test_forget_audit_removes_what_is_older_than_the_setting(db: None, settings: Any) -> None:
    now = timezone.now()
    for name, days in (("old", 31), ("new", 29)):
        AuditEntry.objects.create(verb="added", name=name, at=now - timedelta(days=days))
    settings.AUDIT_DAYS = 0
    assert forget_audit() == 0
    settings.AUDIT_DAYS = 30
    assert forget_audit() == 1
    assert [entry.name for entry in AuditEntry.objects.all()] == ["new"]
