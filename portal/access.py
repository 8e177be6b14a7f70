"""Who stands at which partner: own entries, or 404. Every portal page enters through here."""

import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from partners.models import May, Member, Partner, Revision, User
from portal.models import Entry

P = ParamSpec("P")
# Where the session keeps the partner that a person of several chose.
CHOSEN = "portal_partner"


@dataclass(frozen=True)
class Place:
    """A person at one of their partners."""

    user: User
    member: Member
    memberships: Sequence[Member]

    @property
    def partner(self) -> Partner:
        return self.member.partner

    @property
    def revision(self) -> int:
        """The configuration in force when the page was asked for."""
        number: int = getattr(self.member, "revision", None) or Revision.current()
        return number

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The partner's time zone, which caps and files go by."""
        return zoneinfo.ZoneInfo(self.partner.zone)

    @property
    def own_zone(self) -> zoneinfo.ZoneInfo:
        """The zone of the times on pages: the person's own, else the partner's."""
        return self.member.zone

    @property
    def may_answer(self) -> bool:
        """Read-only members look and download."""
        return self.member.role != Member.Role.READER

    @property
    def is_owner(self) -> bool:
        """Owners say who else may enter."""
        return self.member.role == Member.Role.OWNER

    def may(self, what: May) -> bool:
        """Whether the partner's people may do this; read-only members see alone."""
        allowed = what.value in self.partner.may
        return allowed and (self.may_answer or what == May.DELIVERIES)


PartnerView = Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase]
EntryView = Callable[[HttpRequest, Place, Entry], HttpResponseBase]
AnyView = Callable[..., HttpResponseBase]


def partner_page(view: PartnerView[P]) -> AnyView:
    """For pages of the chosen partner: `view(request, place, **from_the_address)`."""

    @wraps(view)
    def enter(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        members = memberships(request)
        if not members:
            return turn_away(request)
        member = _chosen(request, members)
        return _within(member, members, lambda place: view(request, place, *args, **kwargs))

    return enter


def owner_page(view: PartnerView[P]) -> AnyView:
    """`partner_page` for owners alone; others get 403."""

    @wraps(view)
    def enter(request: HttpRequest, place: Place, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not place.is_owner:
            raise PermissionDenied
        return view(request, place, *args, **kwargs)

    return partner_page(enter)


def entry_page(view: EntryView) -> AnyView:
    """For pages of one entry, of whichever own partner it is: `view(request, place, entry)`."""

    @wraps(view)
    def enter(request: HttpRequest, entry_id: UUID) -> HttpResponseBase:
        members = memberships(request)
        if not members:
            return turn_away(request)
        entry = get_object_or_404(
            Entry.objects.select_related("settings", "answered_by"),
            id=entry_id,
            partner__in=[member.partner_id for member in members],
        )
        member = next(member for member in members if member.partner_id == entry.partner_id)
        _remember(request, member)
        return _within(member, members, lambda place: view(request, place, entry))

    return enter


def memberships(request: HttpRequest) -> list[Member]:
    """The signed-in person's places, in order of the partners' names."""
    if not request.user.is_authenticated:
        return []
    own = request.user.memberships.select_related("partner").order_by("partner__name", "id")
    return list(own.annotate(revision=Subquery(Revision.objects.values("number")[:1])))


def turn_away(request: HttpRequest) -> HttpResponse:
    """To the sign-in; who is signed in but belongs to no partner is told where to go instead."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), reverse("portal:login"))
    return render(request, "portal/no_place.html", status=403)


def _chosen(request: HttpRequest, members: list[Member]) -> Member:
    """Whom the address or form names (404 for a foreign partner), else the last chosen, else the first."""
    named = request.POST.get("partner", request.GET.get("partner"))
    if named is None:
        wanted = request.session.get(CHOSEN)
        return next((member for member in members if member.partner_id == wanted), members[0])
    for member in members:
        if str(member.partner_id) == named:
            _remember(request, member)
            return member
    raise Http404


def _remember(request: HttpRequest, member: Member) -> None:
    if request.session.get(CHOSEN) != member.partner_id:
        request.session[CHOSEN] = member.partner_id


def _within(
    member: Member, members: list[Member], view: Callable[[Place], HttpResponseBase]
) -> HttpResponseBase:
    """Runs the view in the person's time zone; what it shows is stored nowhere on the way."""
    place = Place(member.user, member, members)
    with timezone.override(place.own_zone):
        response = view(place)
    add_never_cache_headers(response)
    return response


def page(request: HttpRequest, place: Place, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """`portal/<name>.html` with the place in its context."""
    return render(request, f"portal/{name}.html", {"place": place, **context}, status=status)
