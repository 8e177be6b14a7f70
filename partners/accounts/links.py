"""The link by which a person sets a password: made, written, sent, and beside a request if need be.

A link works once and until its time is over. It stands in no log and in no task's arguments.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import ParamSpec

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage, get_connection
from django.db import connections
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from partners.models import User

P = ParamSpec("P")
logger = structlog.get_logger(__name__)
SENDERS = 2
_senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="account-mail")


class LinkTokens(PasswordResetTokenGenerator):
    """Django's tokens: dead once the password, the address or the last sign-in changed.

    PASSWORD_RESET_TIMEOUT seconds long; INVITATION_TIMEOUT for who has no password yet, since there is
    nothing to take over.
    """

    def make_token(self, user: User) -> str:
        more = lasts(user).total_seconds() - settings.PASSWORD_RESET_TIMEOUT
        at = self._num_seconds(self._now()) + int(more)
        return str(self._make_token_with_timestamp(user, at, self.secret))


def link(person: User) -> str:
    """The whole address, fit for a letter."""
    return str(
        get_adapter().get_reset_password_from_key_url(
            f"{user_pk_to_url_str(person)}-{LinkTokens().make_token(person)}"
        )
    )


def lasts(person: User) -> timedelta:
    """How long a link made now works."""
    known = person.has_usable_password()
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT if known else settings.INVITATION_TIMEOUT)


def can_send() -> bool:
    """Whether there is an account that letters leave from."""
    return bool(getattr(get_connection(), "configured", lambda: True)())


def send(person: User) -> None:
    """Sends the letter and waits for the server. Raises what the mail backend raises."""
    known = person.has_usable_password()
    context = {
        "person": person,
        "link": link(person),
        "days": lasts(person).days,
        "site": settings.BASE_URL,
    }
    name = "account/email/password" if known else "account/email/invitation"
    subject = _("Set a new password for Leadflip") if known else _("Your login for Leadflip")
    EmailMessage(subject, render_to_string(f"{name}.txt", context), to=[person.email]).send()


def send_later(email: str) -> "Future[None]":
    """Sends the letter beside the request, if anybody signs in with this address."""
    return later(_send_to, email)


def later(send: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> "Future[None]":
    """Runs `send` beside the request. What it raises is logged by its kind alone."""
    return _senders.submit(_beside, send, *args, **kwargs)


def _beside(send: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> None:
    try:
        send(*args, **kwargs)
    except Exception as error:
        # Neither address nor link: the kind of error tells what to mend.
        logger.warning("password_link_not_sent", error=type(error).__name__)
    finally:
        connections.close_all()


def _send_to(email: str) -> None:
    person = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if person is not None:
        send(person)
