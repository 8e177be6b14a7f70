"""The second factor's pages: the list, the authenticator app and the recovery codes, and the second step of
signing in. They are the same for both doors, each with the way back behind its own.
"""

import base64
import json
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as stock
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as recovery
from allauth.mfa.totp.internal import flows as totp
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leadflip.kit import crypto
from partners.accounts import doors, factor
from partners.accounts.factor import pages, passkeys
from partners.accounts.factor.forms import SetUpForm

# Where the session keeps the secret of a factor that is being set up, sealed.
SLOT = "second-factor"


class Code(stock.AuthenticateView):
    """The second step of signing in, at the door where the first was taken: a passkey or a code."""

    template_name = "account/code.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Signs in, or forgets who has half signed in."""
        if "leave" in request.POST:
            way = self._door().way()
            logout(request)
            return HttpResponseRedirect(way)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def _door(self) -> doors.Door:
        named = (self.stage.login.signal_kwargs or {}).get("door", "")
        return doors.DOORS.get(named, doors.ADMIN)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = context["js_data"]["request_options"]
        numbered, kept = passkeys.by_number(self.request), bool(options["publicKey"]["allowCredentials"])
        return {
            **context,
            "door": self._door(),
            "tried": self.form,
            "options": json.dumps(options) if kept and not numbered else "",
            "elsewhere": kept and numbered,
        }


@never_cache
@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """What there is beside the password, and what can be done with it."""
    rows = list(Authenticator.objects.filter(user=pages.person(request)).order_by("pk"))
    kept = {row.type: row for row in rows}
    codes = kept.get(Authenticator.Type.RECOVERY_CODES)
    shown = {
        "app": kept.get(factor.APP),
        "passkeys": [row for row in rows if row.type == factor.PASSKEY],
        "on": any(row.type in factor.FACTORS for row in rows),
        "left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }
    return pages.page(request, "factor", **shown)


@pages.own
def set_up(request: HttpRequest) -> HttpResponse:
    """Shows a fresh secret as a picture and in letters; its first code and the password turn it on."""
    person = pages.person(request)
    if factor.has_app(person):
        return pages.back(request)
    secret = _secret(request)
    form = SetUpForm(request.POST if request.method == "POST" else None, user=person, secret=secret)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            _made, codes = totp.activate_totp(request, form)
            pages.note(person, {"what": _("Second factor"), "secret": "set"})
        del request.session[SLOT]
        return pages.added(request, codes, _("The authenticator app is set up."))
    url = get_adapter().build_totp_url(person, secret)
    picture = base64.b64encode(get_adapter().build_totp_svg(url).encode()).decode()
    letters = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    shown = {"form": form, "picture": picture, "letters": letters, "url": url}
    return pages.page(request, "factor_set_up", required=pages.is_led(request), **shown)


@pages.own
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes in the place of the old ones."""
    person = pages.person(request)
    if not factor.is_on(person):
        return pages.back(request)
    form = pages.password_form(request)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            made = recovery.generate_recovery_codes(request)
            pages.note(person, {"what": _("Recovery codes"), "secret": "changed"})
        return pages.codes_page(request, made, _("New recovery codes"))
    return pages.page(request, "factor_codes_new", form=form)


@pages.own
def remove(request: HttpRequest) -> HttpResponse:
    """The app no longer; with no passkey either, the password alone signs in."""
    person = pages.person(request)
    row = Authenticator.objects.filter(user=person, type=factor.APP).first()
    if row is None:
        return pages.back(request)
    form = pages.password_form(request)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            totp.deactivate_totp(request, row)
            pages.note(person, {"what": _("Second factor"), "secret": "removed"})
        return pages.removed(request, _("The authenticator app is removed."))
    shown = {"form": form, "last": pages.is_last(row), "required": pages.must(request)}
    return pages.page(request, "factor_remove", **shown)


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


code = never_cache(Code.as_view())
