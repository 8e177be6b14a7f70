"""The page on which a partner's owners say who may enter: people, their roles, and invitations."""

from collections.abc import Callable
from typing import Any

from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from leadflip.kit import clock, once
from partners.accounts import links
from partners.accounts.factor import FACTORS
from partners.models import Invitation, Member
from portal import invitations, team
from portal.access import Place, owner_page, page
from portal.models import EntryEvent

# Letters that one person may have sent.
LETTERS = {"invite": "30/h/user"}
ROLES = _("Owners also decide who enters. Members answer leads. Read-only: looks and downloads.")


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label=_("E-mail"),
        widget=forms.EmailInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={
            "required": _("Write the e-mail address of whom you invite."),
            "invalid": _("Write the whole address, such as ana@example.com."),
        },
    )
    role = forms.ChoiceField(label=_("Role"), choices=Member.Role.choices, help_text=ROLES)


class RoleForm(forms.Form):
    """Another role."""

    role = forms.ChoiceField(choices=Member.Role.choices)


@require_GET
@owner_page
def people(request: HttpRequest, place: Place) -> HttpResponse:
    """Who may enter, and who is invited."""
    return _page(request, place, InviteForm(initial={"role": Member.Role.MEMBER}))


@require_POST
@owner_page
def invite(request: HttpRequest, place: Place) -> HttpResponse:
    """Keeps a place and sends the letter; a form with a fault comes back."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, place, form, status=400)
    if not _may_send(request):
        form.add_error(None, gettext("30 letters in an hour are the most. Wait a little, then go on."))
        return _page(request, place, form, status=429)
    token, digest = invitations.fresh()
    at = clock.now()
    try:
        made = team.invite(
            partner=place.partner,
            by=place.user,
            digest=digest,
            at=at,
            until=at + invitations.lasts(),
            **form.cleaned_data,
        )
    except team.Refused as why:
        form.add_error("email", str(why))
        return _page(request, place, form, status=409)
    _hand_out(request, place, made, token)
    return _back()


@require_POST
@owner_page
def renew(request: HttpRequest, place: Place, invitation_id: int) -> HttpResponse:
    """Another link, another letter."""
    invitation = _invitation(place, invitation_id)
    if not _may_send(request):
        messages.error(request, _("30 letters in an hour are the most. Wait a little, then go on."))
        return _back()
    token, digest = invitations.fresh()
    at = clock.now()

    def act() -> None:
        until = at + invitations.lasts()
        team.renew(invitation=invitation, by=place.user, digest=digest, at=at, until=until)
        _hand_out(request, place, invitation, token)

    return _do(request, act)


@require_POST
@owner_page
def withdraw(request: HttpRequest, place: Place, invitation_id: int) -> HttpResponse:
    """The link of the letter works no more."""
    invitation = _invitation(place, invitation_id)

    def act() -> None:
        team.withdraw(invitation=invitation, by=place.user, at=clock.now())
        messages.success(request, gettext("The invitation of %s is withdrawn.") % invitation.email)

    return _do(request, act)


@require_POST
@owner_page
def role(request: HttpRequest, place: Place, member_id: int) -> HttpResponse:
    """Gives another role."""
    member, form = _member(place, member_id), RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a role from the list."))
        return _back()

    def act() -> None:
        team.set_role(member=member, by=place.user, role=form.cleaned_data["role"], at=clock.now())
        messages.success(request, gettext("The role of %s is saved.") % member.user)

    return _do(request, act)


@require_POST
@owner_page
def remove(request: HttpRequest, place: Place, member_id: int) -> HttpResponse:
    """Takes somebody's place away."""
    member = _member(place, member_id)

    def act() -> None:
        team.remove(member=member, by=place.user, at=clock.now())
        messages.success(request, gettext("%s was removed.") % member.user)

    return _do(request, act)


def _do(request: HttpRequest, act: Callable[[], None]) -> HttpResponse:
    try:
        act()
    except team.Refused as why:
        messages.error(request, str(why))
    except Member.DoesNotExist:
        messages.warning(request, _("A colleague removed this person meanwhile."))
    return _back()


def _hand_out(request: HttpRequest, place: Place, invitation: Invitation, token: str) -> None:
    if invitations.hand_out(request, invitation, token, place.user):
        messages.success(request, gettext("A letter to %s is on its way.") % invitation.email)


def _may_send(request: HttpRequest) -> bool:
    return ratelimit.consume(request, app="portal", action="invite", config=LETTERS) is not None


def _member(place: Place, key: int) -> Member:
    return get_object_or_404(Member.objects.select_related("user", "partner"), pk=key, partner=place.partner)


def _invitation(place: Place, key: int) -> Invitation:
    own = Invitation.objects.select_related("partner")
    return get_object_or_404(own, pk=key, partner=place.partner)


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("portal:people"))


def _page(request: HttpRequest, place: Place, form: InviteForm, status: int = 200) -> HttpResponse:
    now = clock.now()
    shown: dict[str, Any] = {
        "form": form,
        "members": _members(place),
        "roles": Member.Role.choices,
        "invited": [(each, each.expires_at <= now) for each in place.partner.invitations.order_by("email")],
        "can_send": links.can_send(),
        "once": once.taken(request),
    }
    return page(request, place, "people", status, **shown)


def _members(place: Place) -> QuerySet[Member]:
    """With `last`, the sign-in at this portal, and `factor`: whether there is a second one."""
    signed_in = EntryEvent.objects.filter(
        partner=place.partner, user=OuterRef("user"), kind=EntryEvent.Kind.SIGNED_IN
    ).order_by("-id")
    factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
    rows = place.partner.members.select_related("user")
    return rows.annotate(last=Subquery(signed_in.values("at")[:1]), factor=Exists(factors)).order_by(
        "user__email"
    )
