"""`/sample/crm/` and `/sample/mailbox/`: what the sample partners received. Demo mode only."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leadflip.run.sample.received import received


@never_cache
@require_safe
def crm(request: HttpRequest) -> HttpResponse:
    """The webhook partner's side."""
    found = received(settings.STATE, "crm")
    return render(request, "sample/crm.html", {"down": found is None, "leads": _dated(found)})


@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The email partner's side."""
    found = received(settings.STATE, "mailbox")
    return render(request, "sample/mailbox.html", {"down": found is None, "letters": _dated(found)})


def _dated(found: list[dict[str, object]] | None) -> list[dict[str, object]]:
    return [{**one, "at": parse_datetime(str(one["at"]))} for one in found or []]
