"""The operator's view of a partner's portal: what its people did, as they see it themselves."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadflip.kit.needs import needs
from partners.models import Partner
from portal import trail
from portal.activity import lines


@require_safe
@needs("portal.view_entryevent")
def activity(request: HttpRequest, partner_id: int) -> HttpResponse:
    """One page of the partner's events."""
    partner = get_object_or_404(Partner, pk=partner_id)
    found = trail.read(partner, request.GET, masked=True)
    shown = {
        "title": _("Activity in the portal"),
        "subtitle": partner.name,
        "partner": partner,
        "form": found.form,
        "page": found.page,
        "events": lines(found),
    }
    return render(request, "admin/partners/activity.html", {**admin.site.each_context(request), **shown})
