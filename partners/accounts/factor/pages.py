"""What the pages of the second factor share."""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import quote

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from partners import audit
from partners.accounts import doors, factor
from partners.accounts.factor.forms import PasswordForm
from partners.models import User
from partners.models.audit import Verb

View = TypeVar("View", bound=Callable[..., Any])


def own(view: View) -> View:
    """A form of somebody who is signed in; nothing of it is stored on the way or told in an error."""
    shut = login_required(sensitive_post_parameters("password", "code", "credential")(view))
    return never_cache(require_http_methods(["GET", "HEAD", "POST"])(shut))


def person(request: HttpRequest) -> User:
    """Whose pages they are."""
    return cast(User, request.user)


def must(request: HttpRequest) -> bool:
    """Whether this person has to have a second factor."""
    return settings.STAFF_SECOND_FACTOR == factor.REQUIRED and person(request).is_staff


def is_led(request: HttpRequest) -> bool:
    """Whether this person is led to set one up before anything else."""
    return factor.is_missing(person(request))


def password_form(request: HttpRequest) -> PasswordForm:
    """The form for the password alone."""
    return PasswordForm(request.POST if request.method == "POST" else None, user=person(request))


def note(who: User, change: dict[str, str]) -> None:
    """An entry in the audit log: `what` with `secret`, or with `old` and `new`."""
    audit.note(by=who, verb=Verb.CHANGED, obj=who, changes=[change])


def page(request: HttpRequest, template: str, /, **context: Any) -> HttpResponse:
    """In the look of the person's own door, with the way back behind it."""
    door = doors.of(person(request))
    return render(request, f"account/{template}.html", {"door": door, "home": reverse(door.home), **context})


def codes_page(request: HttpRequest, row: Authenticator, title: str) -> HttpResponse:
    """The recovery codes, this one time."""
    email = person(request).email
    shown = [f"{code[:4]} {code[4:]}" for code in row.wrap().get_unused_codes()]
    head = _("Leadflip recovery codes of %(email)s. Each works once.") % {"email": email}
    file = "data:text/plain;charset=utf-8," + quote("\n".join([head, "", *shown, ""]))
    return page(request, "factor_codes", title=title, codes=shown, file=file)


def back(request: HttpRequest, said: str = "") -> HttpResponseRedirect:
    """To the list of factors, which says what was done."""
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(reverse("mfa_index"))


def added(request: HttpRequest, codes: Authenticator | None, said: str) -> HttpResponse:
    """After another factor: the codes that came with the first one, else the list."""
    return codes_page(request, codes, _("The second factor is on")) if codes else back(request, said)


def removed(request: HttpRequest, said: str) -> HttpResponse:
    """After a factor is gone: whether another is left."""
    return back(request, said if factor.is_on(person(request)) else _("The second factor is off."))


def is_last(row: Authenticator) -> bool:
    """Whether nothing but the password is left without this one."""
    others = Authenticator.objects.filter(user=row.user_id, type__in=factor.FACTORS).exclude(pk=row.pk)
    return not others.exists()
