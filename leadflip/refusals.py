"""Error 403: who may, who asks, and where that person's own pages are."""

import re
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from leadflip.kit.needs import NotAllowed
from partners import roles
from partners.accounts import doors

# Addresses of the admin's own pages are named "app_model_verb".
STOCK = re.compile(r"(?P<app>[a-z]+)_(?P<model>[a-z]+)_(?P<verb>add|change|delete|changelist|history)")
VERBS = {"changelist": "view", "history": "view"}


def facts(request: HttpRequest, exception: Exception) -> dict[str, Any]:
    """What the page says beside the request's id."""
    person = request.user
    if not person.is_authenticated:
        return {}
    home = doors.of(person)
    astray = not home.owns(request.path)
    return {
        "person": person,
        "role": roles.WORDS.get(roles.of(person), ""),
        "own": reverse(home.home),
        "own_title": _("Go to the admin") if home is doors.ADMIN else _("Go to the portal"),
        "astray": astray,
        "who_may": "" if astray else get_text_list(roles.who_may(_permission(request, exception)), _("or")),
    }


def _permission(request: HttpRequest, exception: Exception) -> str:
    """The permission that was missing, as far as the error or the address tells it."""
    if isinstance(exception, NotAllowed):
        return exception.permission
    match = request.resolver_match
    named = STOCK.fullmatch((match.url_name if match else "") or "")
    if named is None:
        return ""
    return f"{named['app']}.{VERBS.get(named['verb'], named['verb'])}_{named['model']}"
