"""The page from which an admin sends a person a link for a password, or takes it to hand it over."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflip.kit import once
from partners import audit
from partners.accounts import links
from partners.admin.base import person as signed_in
from partners.models import User


def page(request: HttpRequest, person: User | None, context: dict[str, Any]) -> HttpResponse:
    """GET explains; POST with `do` "send" or "show" does it."""
    if person is None:
        raise Http404
    doing = {"send": _send, "show": _show}.get(request.POST.get("do", ""))
    answer = doing(request, person) if doing and person.is_active else None
    return answer or render(
        request,
        "admin/partners/link.html",
        {
            **context,
            "title": _("Link for a password"),
            "subtitle": str(person),
            "person": person,
            "invited": not person.has_usable_password(),
            "days": links.lasts(person).days,
            "can_send": links.can_send(),
        },
    )


def _send(request: HttpRequest, person: User) -> HttpResponse | None:
    try:
        links.send(person)
    except Exception as error:
        # In the mail server's own words or ours; the page stays, with the other way.
        messages.error(request, _("The letter was not sent. %(why)s") % {"why": error})
        return None
    audit.acted(by=signed_in(request), what=_("Link for a password: sent"), objects=[person])
    messages.success(request, _("A link is on its way to %(email)s.") % {"email": person.email})
    return HttpResponseRedirect(reverse("admin:partners_user_change", args=[person.pk]))


def _show(request: HttpRequest, person: User) -> HttpResponse | None:
    audit.acted(by=signed_in(request), what=_("Link for a password: shown"), objects=[person])
    once.keep(
        request,
        title=_("Link for %(person)s") % {"person": person},
        text=_("Whoever opens this link chooses the password of %(email)s. It works once.")
        % {"email": person.email},
        secret=links.link(person),
        back=reverse("admin:partners_user_change", args=[person.pk]),
    )
    return once.way(request)
