"""How partners answer: for the staff by partner and profile, for a partner by kind of lead."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from distribution import answers
from leadflip.kit.needs import needs
from partners.models import Partner
from portal.access import Place, partner_page


@require_safe
@needs("portal.view_entry")
def of_partners(request: HttpRequest) -> HttpResponse:
    """All partners, or the one that `?partner=` names."""
    named = request.GET.get("partner", "")
    if named and not (named.isascii() and named.isdigit() and len(named) < 19):
        raise Http404
    partner = get_object_or_404(Partner, pk=int(named)) if named else None
    found = answers.of_partners(partner)
    context = {
        **admin.site.each_context(request),
        "title": _("Answers"),
        "subtitle": partner.name if partner else None,
        "partner": partner,
        "figures": found,
        "days": answers.DAYS,
        "most": answers.MOST if len(found) == answers.MOST else 0,
    }
    return render(request, "distribution/answers.html", context)


@require_safe
@partner_page
def own(request: HttpRequest, place: Place) -> HttpResponse:
    """The partner's own, by entity."""
    found = answers.of_entities(place.partner)
    context = {"place": place, "figures": found, "days": answers.DAYS}
    return render(request, "distribution/own_answers.html", context)
