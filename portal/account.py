"""The portal's door, and what a person may set for themselves."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from leadflip.kit import clock
from partners.accounts.doors import PORTAL
from partners.accounts.views import change_password
from partners.models import User
from portal import services
from portal.access import Place, page, partner_page

THEME = "leadflip_theme"
YEAR = 365 * 24 * 3600


def note_sign_in(user: User, door: str = "", **kwargs: Any) -> None:
    """Receiver of allauth's `user_logged_in`: a sign-in at this door stands in the partners' history."""
    if door == PORTAL.key:
        services.signed_in(user=user, at=clock.now())


class ThemeForm(forms.Form):
    """Light, dark, or what the device says."""

    theme = forms.ChoiceField(
        label=_("Theme"),
        choices=[("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))],
        widget=forms.RadioSelect,
    )


@require_GET
@partner_page
def account(request: HttpRequest, place: Place) -> HttpResponse:
    """The person's login, places and theme."""
    return page(
        request, place, "account", form=ThemeForm(initial={"theme": request.COOKIES.get(THEME, "auto")})
    )


@require_POST
@partner_page
def theme(request: HttpRequest, place: Place) -> HttpResponse:
    """Keeps the chosen theme in a cookie."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return page(request, place, "account", form=form)
    response = HttpResponseRedirect(reverse("portal:account"))
    response.set_cookie(
        THEME,
        form.cleaned_data["theme"],
        max_age=YEAR,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
@partner_page
def switch(request: HttpRequest, place: Place) -> HttpResponse:
    """Goes to another of the person's partners: `partner_page` has chosen the one in the form."""
    return HttpResponseRedirect(reverse("portal:feed"))


@partner_page
def password(request: HttpRequest, place: Place) -> HttpResponseBase:
    """A new password, with the old one; other sessions of the person end."""
    return change_password(request, PORTAL, "portal/password.html", place=place)
