"""The portal's door, and what a person may set for themselves."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from leadflip.kit import clock
from leadflip.kit.generics import ModelForm
from partners import audit
from partners.accounts import links
from partners.accounts.doors import PORTAL
from partners.accounts.views import change_password
from partners.models import User
from portal import news, services
from portal.access import Place, page, partner_page
from portal.models import News

THEME = "leadflip_theme"
YEAR = 365 * 24 * 3600


def note_sign_in(user: User, door: str = "", **kwargs: Any) -> None:
    """Receiver of allauth's `user_logged_in`: a sign-in at this door stands in the partners' history."""
    if door == PORTAL.key:
        services.signed_in(user=user, at=clock.now())


def _zones() -> list[tuple[str, Any]]:
    """Places, without the aliases of old."""
    named = (name for name in sorted(available_timezones()) if "/" in name and not name.startswith("Etc/"))
    return [("", _("As the partner")), ("UTC", "UTC"), *((name, name) for name in named)]


class ThemeForm(forms.Form):
    """Light, dark, or what the device says."""

    theme = forms.ChoiceField(
        label=_("Theme"),
        choices=[("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))],
        widget=forms.RadioSelect,
    )


class DetailsForm(ModelForm[User]):
    """What colleagues read, and the zone of the times on pages."""

    zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=_zones)

    class Meta:
        model = User
        fields = ["name", "zone"]

    def __init__(self, place: Place, data: Any = None) -> None:
        super().__init__(data, instance=place.user)
        name = self.fields["name"]
        name.required, name.widget.attrs["autocomplete"] = True, "name"
        name.error_messages["required"] = _("Write your name: colleagues see who answered a lead.")
        self.fields["zone"].help_text = _("Files and caps go by the zone of the partner: %(zone)s.") % {
            "zone": place.partner.zone
        }


class NewsForm(forms.Form):
    """Which letters of new leads the person gets of this partner."""

    mode = forms.ChoiceField(
        label=_("Letters of new leads"),
        required=False,
        choices=[("", _("None")), *News.Mode.choices],
        widget=forms.RadioSelect,
    )


@require_GET
@partner_page
def account(request: HttpRequest, place: Place) -> HttpResponse:
    """The person's login, places, letters and theme."""
    return _page(request, place)


@require_POST
@partner_page
def details(request: HttpRequest, place: Place) -> HttpResponse:
    """Saves name and time zone."""
    form = DetailsForm(place, request.POST)
    if not form.is_valid():
        return _page(request, place, details=form)
    with transaction.atomic(), audit.watching(place.user, place.user):
        form.save()
        news.move(place.user, at=clock.now())
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("portal:account"))


@require_POST
@partner_page
def news_choice(request: HttpRequest, place: Place) -> HttpResponse:
    """Turns letters on and off."""
    form = NewsForm(request.POST)
    if not form.is_valid():
        return _page(request, place, news=form)
    news.choose(member=place.member, mode=form.cleaned_data["mode"], at=clock.now())
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("portal:account"))


def _page(request: HttpRequest, place: Place, **bound: forms.BaseForm) -> HttpResponse:
    """The page's forms as they are, but for the one that comes back."""
    row = News.objects.filter(member=place.member).first()
    shown: dict[str, Any] = {
        "details": DetailsForm(place),
        "news": NewsForm(initial={"mode": row.mode if row else ""}),
        "theme": ThemeForm(initial={"theme": request.COOKIES.get(THEME, "auto")}),
        **bound,
    }
    form = next(iter(bound.values()), None)
    return page(request, place, "account", form=form, row=row, can_send=links.can_send(), **shown)


@require_POST
@partner_page
def theme(request: HttpRequest, place: Place) -> HttpResponse:
    """Keeps the chosen theme in a cookie."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return _page(request, place, theme=form)
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
