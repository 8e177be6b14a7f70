"""The second factor: a code of an app beside the password. Whoever sets it up is asked at either door."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

if TYPE_CHECKING:
    from partners.models import User

OFF, REQUIRED = "off", "required"


def is_on(person: "User") -> bool:
    """Whether signing in as this person takes a code."""
    from allauth.mfa.models import Authenticator

    return bool(Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists())


def is_missing(person: "User | AnonymousUser") -> bool:
    """Whether somebody on the staff must set one up before anything else."""
    return settings.STAFF_SECOND_FACTOR == REQUIRED and bool(person.is_staff) and not is_on(person)  # type: ignore[arg-type]


def remove(person: "User") -> bool:
    """Off, with the recovery codes; False where there was none. The caller notes who did it."""
    from allauth.mfa.models import Authenticator

    return bool(Authenticator.objects.filter(user=person).delete()[0])
