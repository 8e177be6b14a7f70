"""The two doors: who passes which, and what lies behind each."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners.models import User

Words = str | Promise
OUTER, SHARED = "/portal/", "/account/"


@dataclass(frozen=True, slots=True)
class Door:
    """A sign-in page (`entrance`) and what it leads to (`home`), both URL names.

    `lets_in` says whether a person passes; `told` what a person reads who belongs to the other door.
    """

    key: str
    title: Words
    lead: Words
    entrance: str
    home: str
    lets_in: Callable[[User], bool]
    told: Words

    def owns(self, path: str) -> bool:
        """Whether a path on this site lies behind this door and not behind the other alone."""
        return path.startswith(SHARED) or path.startswith(OUTER) is (self is PORTAL)

    def way(self) -> str:
        """The path of the sign-in page."""
        return reverse(self.entrance)


def _is_staff(person: User) -> bool:
    return person.is_staff


def _is_member(person: User) -> bool:
    return person.memberships.exists()


ADMIN = Door(
    "admin",
    _("Sign in to the admin"),
    _("For staff: admins, operators and viewers."),
    "account_login",
    "admin:index",
    _is_staff,
    _('This is a staff login: sign in at <a href="{0}">{0}</a>.'),
)
PORTAL = Door(
    "portal",
    _("Sign in to the partner portal"),
    _("For partners who receive leads here."),
    "portal:login",
    "portal:feed",
    _is_member,
    _('This is a partner’s login: sign in at <a href="{0}">{0}</a>.'),
)
DOORS = {door.key: door for door in (ADMIN, PORTAL)}


def asked(request: HttpRequest) -> Door:
    """The door that the address names as `?door=`, else the admin's."""
    named = request.POST.get("door") or request.GET.get("door", "")
    return DOORS.get(named, ADMIN)


def of(person: User | AnonymousUser) -> Door:
    """Where a person's own pages are: staff's in the admin, everybody else's in the portal."""
    return ADMIN if person.is_staff else PORTAL


def refusal(person: User, door: Door) -> SafeString | str:
    """Why `door` does not let a person in, with the way to their own; "" if it does."""
    if door.lets_in(person):
        return ""
    for other in DOORS.values():
        if other.lets_in(person):
            return format_html(str(other.told), reverse(other.home))
    return gettext("This login belongs to no partner yet. Ask whoever gave it to you to add it to one.")
