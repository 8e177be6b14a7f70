"""The portal's door, and what a person may set for themselves."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from leadflip.kit import clock
from partners.models import User
from portal import services
from portal.access import Place, page, partner_page

THEME = "leadflip_theme"
YEAR = 365 * 24 * 3600


class SignInForm(AuthenticationForm):
    """E-mail and password of somebody who belongs to a partner."""

    error_messages = {
        "invalid_login": _("No login has this e-mail and password. Check both; capital letters count."),
        "inactive": _("No login has this e-mail and password. Check both; capital letters count."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["inputmode"] = "email"

    def confirm_login_allowed(self, user: User) -> None:
        """The portal is for members of partners; staff have a door of their own."""
        super().confirm_login_allowed(user)
        if user.memberships.exists():
            return
        if user.is_staff:
            raise ValidationError(
                format_html(
                    str(_('This is a staff login: sign in at <a href="{0}">{0}</a>.')), reverse("admin:index")
                )
            )
        raise ValidationError(
            _("This login belongs to no partner yet. Ask whoever gave it to you to add it to one.")
        )


class SignIn(LoginView):
    """Lets a member in, and notes it in the history of their partners."""

    template_name = "portal/login.html"
    authentication_form = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        assert isinstance(user, User)
        services.signed_in(user=user, at=clock.now())
        return response


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


class ChangePassword(PasswordChangeView):
    """A new password, with the old one; other sessions of the person end."""

    template_name = "portal/password.html"
    success_url = reverse_lazy("portal:account")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Password changed. Other devices are signed out."))
        return super().form_valid(form)


@partner_page
def password(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The page of ChangePassword, for members alone."""
    return ChangePassword.as_view(extra_context={"place": place})(request)
