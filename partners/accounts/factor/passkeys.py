"""Passkeys: added, renamed and removed by whose they are. The key itself never leaves their device."""

import json
import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth, flows
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import validate_host
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from partners.accounts import factor
from partners.accounts.factor import pages
from partners.accounts.factor.forms import NameForm, PasskeyForm

# The host of a Host header, without its port.
NUMBER = re.compile(r"^(\[.*\]|[^:]*)")


def by_number(request: HttpRequest) -> bool:
    """Whether the site was opened by an address of digits: passkeys belong to names alone."""
    try:
        ip_address(_host(request))
    except ValueError:
        return False
    return True


@pages.own
def add(request: HttpRequest) -> HttpResponse:
    """What the device made, a name for it, and the password."""
    person = pages.person(request)
    form = PasskeyForm(request.POST if request.method == "POST" else None, user=person)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            _made, codes = flows.add_authenticator(request, **form.made())
            pages.note(person, {"what": _named(form.cleaned_data["name"]), "secret": "set"})
        return pages.added(request, codes, _("The passkey is added."))
    shown: dict[str, Any] = {"form": form, "required": pages.is_led(request)}
    if by_number(request):
        shown["by_name"] = _by_name(request)
        return pages.page(request, "passkey_by_name", **shown)
    if not form.waits():
        form.forget()
        shown["options"] = json.dumps(auth.begin_registration(person, False))
    return pages.page(request, "passkey_add", **shown)


@pages.own
def rename(request: HttpRequest, passkey: int) -> HttpResponse:
    """Another name."""
    row = _row(request, passkey)
    old = row.wrap().name
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": old})
    if form.is_bound and form.is_valid():
        new = form.cleaned_data["name"]
        if new != old:
            with transaction.atomic():
                flows.rename_authenticator(request, row, new)
                pages.note(row.user, {"what": _("Passkey"), "old": old, "new": new})
        return pages.back(request, _("Saved."))
    return pages.page(request, "passkey_rename", form=form, name=old)


@pages.own
def remove(request: HttpRequest, passkey: int) -> HttpResponse:
    """It signs in no more; with nothing else left, the password alone does."""
    row = _row(request, passkey)
    form = pages.password_form(request)
    name = row.wrap().name
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            flows.remove_authenticator(request, row)
            pages.note(row.user, {"what": _named(name), "secret": "removed"})
        return pages.removed(request, _("The passkey is removed."))
    shown = {"form": form, "last": pages.is_last(row), "required": pages.must(request), "name": name}
    return pages.page(request, "passkey_remove", **shown)


def _row(request: HttpRequest, key: int) -> Authenticator:
    """Raises Http404 for other people's."""
    rows = Authenticator.objects.select_related("user")
    return get_object_or_404(rows, pk=key, user=pages.person(request), type=factor.PASSKEY)


def _named(name: str) -> str:
    return _("Passkey %(name)s") % {"name": name}


def _host(request: HttpRequest) -> str:
    return urlsplit(f"//{request.get_host()}").hostname or ""


def _by_name(request: HttpRequest) -> str:
    """This page on this machine by its name, "" where the site is opened from elsewhere."""
    here = bool(ip_address(_host(request)).is_loopback)
    if not here or not validate_host("localhost", settings.ALLOWED_HOSTS):
        return ""
    return f"{request.scheme}://{NUMBER.sub('localhost', request.get_host())}{request.path}"
