"""The second factor: a code of an app, or a passkey, beside the password.

Whoever sets one up is asked at either door.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

if TYPE_CHECKING:
    from partners.models import User

OFF, REQUIRED = "off", "required"
# Types of allauth's `Authenticator`. Recovery codes alone are no factor: they stand in for one of these.
APP, PASSKEY = "totp", "webauthn"
FACTORS = (APP, PASSKEY)


def is_on(person: "User") -> bool:
    """Whether signing in as this person takes more than the password."""
    return _has(person, *FACTORS)


def has_app(person: "User") -> bool:
    """Whether an app shows codes for this person."""
    return _has(person, APP)


def is_missing(person: "User | AnonymousUser") -> bool:
    """Whether somebody on the staff must set one up before anything else."""
    return settings.STAFF_SECOND_FACTOR == REQUIRED and bool(person.is_staff) and not is_on(person)  # type: ignore[arg-type]


def remove(person: "User") -> bool:
    """Off: app, passkeys and recovery codes; False where there was none. The caller notes who did it."""
    from allauth.mfa.models import Authenticator

    return bool(Authenticator.objects.filter(user=person).delete()[0])


def _has(person: "User", *types: str) -> bool:
    from allauth.mfa.models import Authenticator

    return bool(Authenticator.objects.filter(user=person, type__in=types).exists())
