"""Sign-ins and passwords of the staff, as Django and allauth tell them."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_login_failed
from django.dispatch import Signal
from django.utils.translation import gettext as _

from partners.audit import entries
from partners.models import User
from partners.models.audit import Verb


def connect() -> None:
    """Listens from now on."""
    receivers: list[tuple[Signal, Any]] = [
        (account.user_logged_in, _signed_in),
        (account.password_changed, _new_password),
        (account.password_reset, _new_password),
        (user_login_failed, _refused),
        (mfa.authentication_failed, _wrong_code),
    ]
    for signal, receiver in receivers:
        signal.connect(receiver, dispatch_uid=f"partners.audit.{receiver.__name__}")


def _signed_in(user: User, **kwargs: Any) -> None:
    if user.is_staff:
        entries.note(by=user, verb=Verb.SIGNED_IN, obj=user)


def _new_password(user: User, **kwargs: Any) -> None:
    if user.is_staff:
        change = {"what": _("Password"), "secret": "changed"}
        entries.note(by=user, verb=Verb.CHANGED, obj=user, changes=[change])


def _wrong_code(user: User, **kwargs: Any) -> None:
    if user.is_staff:
        changes = [{"what": _("Second factor")}]
        entries.note(by=None, verb=Verb.REFUSED, obj=user, changes=changes)


def _refused(credentials: dict[str, Any], **kwargs: Any) -> None:
    """Of known staff alone: what else was typed may be anything, a password too."""
    email = str(credentials.get("email") or "").strip().lower()
    if person := User.objects.filter(email=email, is_staff=True).first():
        entries.note(by=None, verb=Verb.REFUSED, obj=person)
