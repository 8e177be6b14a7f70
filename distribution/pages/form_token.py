"""The token in a hosted form: who sends it back got that form from us, and we know when.

It is signed, needs no cookie, and stands for one lead.
"""

import hashlib
import secrets
from datetime import timedelta

from django.core import signing
from django.utils.translation import gettext as _

from distribution.models import HostedForm
from leadflip.kit import clock

SALT = "leadflip.hosted-form"
# Nobody reads and fills in a form faster; what fills in forms by itself does.
QUICKEST = timedelta(seconds=2)
OLDEST = timedelta(hours=24)


class TokenError(ValueError):
    """The form cannot be taken with this token; `fresh` says whether it needs another one."""

    def __init__(self, message: str, *, fresh: bool) -> None:
        super().__init__(message)
        self.fresh = fresh


def new(form: HostedForm, *, at_once: bool = False) -> str:
    """A token for one lead. `at_once`: for somebody who has filled in the form already."""
    issued = clock.now() - (QUICKEST if at_once else timedelta(0))
    return signing.dumps([secrets.token_urlsafe(12), issued.timestamp(), _mark(form)], salt=_salt(form))


def check(form: HostedForm, token: str) -> None:
    """Raises TokenError where the token is none of this form, too young, or too old."""
    try:
        _nonce, issued, _agreed = signing.loads(token, salt=_salt(form))
    except signing.BadSignature:
        raise TokenError(_("The form could not be sent as it stood. Send it again."), fresh=True) from None
    age = clock.now().timestamp() - issued
    if age > OLDEST.total_seconds():
        message = _("The form was open for more than a day. Look over what you wrote, and send it again.")
        raise TokenError(message, fresh=True)
    if age < QUICKEST.total_seconds():
        message = _("That was faster than anybody writes. Look over what you wrote, and send it again.")
        raise TokenError(message, fresh=False)


def same_consent(form: HostedForm, token: str) -> bool:
    """Whether the text that was agreed to, with a token that passed `check`, is still the form's."""
    return bool(signing.loads(token, salt=_salt(form))[-1] == _mark(form))


def _salt(form: HostedForm) -> str:
    return f"{SALT}:{form.pk}"


def _mark(form: HostedForm) -> str:
    return hashlib.sha256(form.consent.encode()).hexdigest()[:16]
