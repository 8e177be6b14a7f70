"""The pages of both doors: allauth's views with a door each."""

from typing import Any

from allauth.account import views as stock
from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from partners.accounts import doors, links
from partners.accounts.doors import Door
from partners.accounts.forms import ChangeForm, LinkForm

# Below this address stands what somebody typed whose session had ended.
KEPT = "/account/kept/"


class SignIn(stock.LoginView):
    """A door's sign-in page. Afterwards to `next`, if that lies behind this door, else home."""

    door: Door = doors.ADMIN
    template_name = "account/login.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "door": self.door}

    def get_next_url(self) -> str | None:
        """`next`, or None where it names another site or the other door."""
        named: str | None = super().get_next_url()
        return named if named and self.door.owns(named) else None

    def get_default_success_url(self) -> str:
        person = self.request.user
        refused = person.is_authenticated and not self.door.lets_in(person)
        return reverse(doors.of(person).home if refused else self.door.home)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        next_ = self.get_next_url() or ""
        context = super().get_context_data(**kwargs)
        return {**context, "door": self.door, "next": next_, "kept": next_.startswith(KEPT)}


class AskReset(stock.PasswordResetView):
    """Asks for a letter with a link. The answer is the same for every address."""

    template_name = "account/password_reset.html"

    def get_next_url(self) -> None:
        """None: the answer is always the page that says what happens next."""

    def get_success_url(self) -> str:
        return f"{reverse('account_reset_password_done')}?door={doors.asked(self.request).key}"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse
        if links.can_send():
            response = super().post(request, *args, **kwargs)
        else:
            response = self.render_to_response(self.get_context_data())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "door": doors.asked(self.request), "can_send": links.can_send()}


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """What happens next, said to everybody who asked."""
    return render(request, "account/password_reset_done.html", {"door": doors.asked(request)})


class FollowLink(stock.PasswordResetFromKeyView):
    """Sets a password by a link; the link is then used up, and whoever was signed in is out."""

    template_name = "account/password_reset_from_key.html"

    def get_next_url(self) -> None:
        """None: the way leads to the person's own door."""

    def get_success_url(self) -> str:
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return doors.of(self.reset_user).way()

    def form_valid(self, form: LinkForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        get_adapter()._delete_login_attempts_cached_email(self.request, email=self.reset_user.email)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        invited = self.reset_user is not None and not self.reset_user.has_usable_password()
        return {**super().get_context_data(**kwargs), "person": self.reset_user, "invited": invited}


class ChangePassword(stock.PasswordChangeView):
    """A new password, with the old one; other sessions of the person end."""

    door: Door = doors.ADMIN
    template_name = "admin/password.html"
    extra: dict[str, Any] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person = request.user
        if person.is_authenticated and not person.has_usable_password():
            # Nothing to change yet: the first password comes by a link.
            return HttpResponseRedirect(f"{reverse('account_reset_password')}?door={self.door.key}")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_next_url(self) -> None:
        """None: the way leads back to where the button was."""

    def get_success_url(self) -> str:
        return reverse("portal:account" if self.door is doors.PORTAL else self.door.home)

    def form_valid(self, form: ChangeForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        messages.success(self.request, _("Password changed. Other devices are signed out."))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **self.extra}


ask_reset = never_cache(AskReset.as_view())
follow_link = never_cache(FollowLink.as_view())


def sign_in(door: Door) -> Any:
    """The view of a door's sign-in page."""
    return SignIn.as_view(door=door)


def change_password(request: HttpRequest, door: Door, template: str, **extra: Any) -> HttpResponseBase:
    """The page for a new password, in the look of what lies behind `door`."""
    response: HttpResponseBase = ChangePassword.as_view(door=door, template_name=template, extra=extra)(
        request
    )
    return response
