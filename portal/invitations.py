"""The link of an invitation, and the letter that brings it: written in the request, sent beside it."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflip.kit import once
from partners.accounts import links
from partners.models import Invitation, User

State = Invitation.State


def lasts() -> timedelta:
    """How long a link works."""
    return timedelta(seconds=settings.INVITATION_TIMEOUT)


def fresh() -> tuple[str, bytes]:
    """A new token and its digest."""
    token = secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> bytes:
    """What the database knows of a token."""
    return hashlib.sha256(token.encode()).digest()


def found(token: str, at: datetime) -> Invitation | None:
    """The invitation of a link that works."""
    alive = Invitation.objects.filter(digest=digest(token), expires_at__gt=at)
    return alive.select_related("partner").first()


def hand_out(request: HttpRequest, invitation: Invitation, token: str, by: User) -> bool:
    """Has the letter sent; without a mail account the next page shows the link, and it is False."""
    link = f"{settings.BASE_URL.rstrip('/')}{reverse('portal:join', args=[token])}"
    if links.can_send():
        links.later(_send, _letter(invitation, link, by), invitation.pk, bytes(invitation.digest))
        return True
    _set(invitation.pk, bytes(invitation.digest), State.SHOWN)
    once.keep(
        request,
        title=_("Link for %(email)s") % {"email": invitation.email},
        text=_("No mail can be sent here at present. Hand this link over yourself; it works once."),
        secret=link,
        back=reverse("portal:people"),
    )
    return False


def _letter(invitation: Invitation, link: str, by: User) -> EmailMessage:
    context = {
        "invitation": invitation,
        "by": by,
        "link": link,
        "days": lasts().days,
        "site": settings.BASE_URL,
    }
    subject = _("%(partner)s invites you to its leads") % {"partner": invitation.partner.name}
    text = render_to_string("portal/email/invitation.txt", context)
    return EmailMessage(subject, text, to=[invitation.email])


def _send(letter: EmailMessage, key: int, digest: bytes) -> None:
    try:
        letter.send()
    except Exception:
        _set(key, digest, State.FAILED)
        raise
    _set(key, digest, State.SENT)


def _set(key: int, digest: bytes, state: str) -> None:
    """Of this link alone: a newer one has a letter of its own."""
    Invitation.objects.filter(pk=key, digest=digest).update(state=state)
