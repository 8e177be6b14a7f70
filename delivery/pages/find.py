"""Finds jobs by what somebody was told: a lead's or job's id, a webhook-id, a Message-ID, a contact.

It is a POST that leads on to ids: a person's address or number is in no URL, and so in no log of a server
or proxy, no history and no Referer. What is found can be passed on, and is filtered like the rest.
"""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from delivery.pages.filters import MOST_LEADS
from leadflip.kit.needs import needs
from partners.sheet import reader

# Within `webhook-id: …`, `<…@mail.example>` or a pasted address, too.
ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE)
LONGEST = 500


@require_POST
@needs("delivery.view_job")
def find(request: HttpRequest) -> HttpResponse:
    """The log with the jobs of `text`, within the filters that stand in the address."""
    text = request.POST.get("text", "")[:LONGEST].strip()
    query = request.GET.copy()
    for name in ("id", "lead", "older", "newer", "said"):
        query.pop(name, None)
    _put(request, query, text)
    return redirect(f"{reverse('delivery:log')}?{query.urlencode()}".rstrip("?"))


def _put(request: HttpRequest, query: QueryDict, text: str) -> None:
    named = ID.search(text)
    if named:
        query["id"] = named[0].lower()
    elif text:
        found = reader().search(text, MOST_LEADS + 1)
        query.update(_leads(request, [str(lead) for lead in found]))


def _leads(request: HttpRequest, found: list[str]) -> dict[str, Any]:
    if not found:
        messages.warning(
            request,
            _(
                "No lead has exactly this e-mail address or phone number. Write all of it, a number with its "
                "country code, or paste a whole id."
            ),
        )
        return {}
    if len(found) > MOST_LEADS:
        told = ngettext(
            "More than %(count)d lead has it: the newest is shown.",
            "More than %(count)d leads have it: the newest %(count)d are shown.",
            MOST_LEADS,
        )
        messages.info(request, told % {"count": MOST_LEADS})
    return {"lead": ",".join(found[:MOST_LEADS])}
