"""The page behind the link of an invitation: a new login, or a place more for one that is there."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from leadflip.kit import clock
from partners.accounts.doors import PORTAL
from partners.accounts.forms import JoinForm, KnownForm
from partners.models import Invitation, User
from portal import invitations, team
from portal.access import CHOSEN


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "password1", "password2")
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Says who invites whom; POST joins. Whoever has a login already names its password."""
    invitation = invitations.found(token, clock.now())
    if invitation is None:
        return _page(request, status=404)
    user = User.objects.filter(email=invitation.email).first()
    form = _form(request, user, invitation)
    if request.method != "POST" or not form.is_valid():
        return _page(request, invitation=invitation, known=user, form=form)
    try:
        team.join(invitation=invitation, user=user or _made(invitation, form), at=clock.now())
    except team.Refused as why:
        form.add_error(None, str(why))
        return _page(request, 409, invitation=invitation, known=user, form=form)
    return _on(request, invitation)


def _form(request: HttpRequest, user: User | None, invitation: Invitation) -> forms.Form:
    data = request.POST if request.method == "POST" else None
    if user is None:
        return JoinForm(data, user=User(email=invitation.email))
    if user == request.user:
        return forms.Form(data)
    return KnownForm(data, user=user, request=request)


def _made(invitation: Invitation, form: forms.Form) -> User:
    user = User(email=invitation.email, name=form.cleaned_data["name"])
    user.set_password(form.cleaned_data["password1"])
    return user


def _on(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """To the leads; who is not signed in as the one who joined passes the door first."""
    words = _("You have joined %(partner)s.") % {"partner": invitation.partner.name}
    if request.user.is_authenticated and request.user.email == invitation.email:
        request.session[CHOSEN] = invitation.partner_id
        messages.success(request, words)
        return HttpResponseRedirect(reverse("portal:feed"))
    messages.success(request, f"{words} {_('Sign in now.')}")
    return HttpResponseRedirect(PORTAL.way())


def _page(request: HttpRequest, status: int = 200, **context: object) -> HttpResponse:
    return render(request, "portal/join.html", {"door": PORTAL, **context}, status=status)
