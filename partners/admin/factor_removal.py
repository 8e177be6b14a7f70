"""The page on which an admin removes the second factor of somebody who lost it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from partners import audit
from partners.accounts import factor
from partners.admin.base import person as signed_in
from partners.models import User
from partners.models.audit import Verb


def page(request: HttpRequest, person: User | None, context: dict[str, Any]) -> HttpResponse:
    """GET explains; POST does it. Call in a transaction."""
    if person is None:
        raise Http404
    if request.method == "POST" and factor.remove(person):
        change = {"what": _("Second factor"), "secret": "removed"}
        audit.note(by=signed_in(request), verb=Verb.CHANGED, obj=person, changes=[change])
        messages.success(request, _("The second factor was removed."))
        return HttpResponseRedirect(reverse("admin:partners_user_change", args=[person.pk]))
    shown = {
        "title": _("Second factor"),
        "subtitle": str(person),
        "person": person,
        "on": factor.is_on(person),
    }
    return render(request, "admin/partners/factor.html", {**context, **shown})
