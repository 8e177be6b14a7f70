"""The pages of the second factor: the same for both doors, each with the way back behind its own."""

import base64
from typing import Any, cast
from urllib.parse import quote

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as stock
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as recovery
from allauth.mfa.totp.internal import flows as totp
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from leadflip.kit import crypto
from partners import audit
from partners.accounts import doors, factor
from partners.accounts.factor.forms import PasswordForm, SetUpForm
from partners.models import User
from partners.models.audit import Verb

# Where the session keeps the secret of a factor that is being set up, sealed.
SLOT = "second-factor"
hide = sensitive_post_parameters("password", "code")
asks = require_http_methods(["GET", "HEAD", "POST"])


class Code(stock.AuthenticateView):
    """The second step of signing in, at the door where the first was taken."""

    template_name = "account/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        named = (self.stage.login.signal_kwargs or {}).get("door", "")
        return {**super().get_context_data(**kwargs), "door": doors.DOORS.get(named, doors.ADMIN)}


@never_cache
@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Whether it is on, and what can be done with it."""
    rows = {row.type: row for row in Authenticator.objects.filter(user=_person(request))}
    codes = rows.get(Authenticator.Type.RECOVERY_CODES)
    shown = {
        "on": rows.get(Authenticator.Type.TOTP),
        "left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "required": factor.REQUIRED if _must(request) else "",
    }
    return _page(request, "factor", **shown)


@never_cache
@asks
@login_required
@hide
def set_up(request: HttpRequest) -> HttpResponse:
    """Shows a fresh secret as a picture and in letters; its first code and the password turn it on."""
    person = _person(request)
    if factor.is_on(person):
        return HttpResponseRedirect(reverse("mfa_index"))
    secret = _secret(request)
    form = SetUpForm(request.POST if request.method == "POST" else None, user=person, secret=secret)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            _made, codes = totp.activate_totp(request, form)
            _note(person, "set")
        del request.session[SLOT]
        return _codes_page(request, codes, _("The second factor is on"))
    url = get_adapter().build_totp_url(person, secret)
    picture = base64.b64encode(get_adapter().build_totp_svg(url).encode()).decode()
    letters = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    shown = {"form": form, "picture": picture, "letters": letters, "url": url, "required": _must(request)}
    return _page(request, "factor_set_up", **shown)


@never_cache
@asks
@login_required
@hide
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes in the place of the old ones."""
    form = _asked(request)
    if form is None:
        return HttpResponseRedirect(reverse("mfa_index"))
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            made = recovery.generate_recovery_codes(request)
            _note(_person(request), "changed", _("Recovery codes"))
        return _codes_page(request, made, _("New recovery codes"))
    return _page(request, "factor_codes_new", form=form)


@never_cache
@asks
@login_required
@hide
def remove(request: HttpRequest) -> HttpResponse:
    """Off again: the password alone signs in."""
    form = _asked(request)
    if form is None:
        return HttpResponseRedirect(reverse("mfa_index"))
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            totp.deactivate_totp(request, Authenticator.objects.get(user=form.user, type="totp"))
            _note(form.user, "removed")
        messages.success(request, _("The second factor is off."))
        return HttpResponseRedirect(reverse("mfa_index"))
    return _page(request, "factor_remove", form=form, required=_must(request))


def _asked(request: HttpRequest) -> PasswordForm | None:
    """The form for the password; None where there is no second factor."""
    person = _person(request)
    if not factor.is_on(person):
        return None
    return PasswordForm(request.POST if request.method == "POST" else None, user=person)


def _must(request: HttpRequest) -> bool:
    return settings.STAFF_SECOND_FACTOR == factor.REQUIRED and _person(request).is_staff


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _secret(request: HttpRequest) -> str:
    """The one that the page showed; a fresh one for a page that is opened."""
    owner = f"{SLOT}:{request.user.pk}"
    if request.method == "POST" and SLOT in request.session:
        try:
            return str(crypto.unseal(owner, base64.b64decode(request.session[SLOT])))
        except crypto.SealError:
            pass
    secret: str = generate_totp_secret()
    request.session[SLOT] = base64.b64encode(crypto.seal(owner, secret)).decode()
    return secret


def _note(person: User, secret: str, what: str = "") -> None:
    change = {"what": what or _("Second factor"), "secret": secret}
    audit.note(by=person, verb=Verb.CHANGED, obj=person, changes=[change])


def _codes_page(request: HttpRequest, row: Authenticator, title: str) -> HttpResponse:
    """The recovery codes, this one time."""
    email = _person(request).email
    shown = [f"{code[:4]} {code[4:]}" for code in row.wrap().get_unused_codes()]
    head = _("Leadflip recovery codes of %(email)s. Each works once.") % {"email": email}
    file = "data:text/plain;charset=utf-8," + quote("\n".join([head, "", *shown, ""]))
    return _page(request, "factor_codes", title=title, codes=shown, file=file)


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    door = doors.of(_person(request))
    return render(request, f"account/{name}.html", {"door": door, "home": reverse(door.home), **context})


code = Code.as_view()
