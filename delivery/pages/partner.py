"""Preview and test from a partner's own page, with what its form holds."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from delivery.pages import trying
from delivery.pages.trying import HtmxRequest, Typed
from leadflip.kit.needs import needs
from partners.admin.delivery import DeliveryForm
from partners.admin.partner import own_rows
from partners.models import Partner


@require_POST
@needs("partners.change_partner")
def preview(request: HttpRequest, partner_id: int | None = None) -> HttpResponse:
    """What would be sent; without an id for a partner that is not saved yet."""
    letter = reverse("delivery:letter_of", args=[partner_id]) if partner_id else reverse("delivery:letter")
    return trying.show(cast(HtmxRequest, request), _typed(request, _partner(partner_id)), letter)


@require_POST
@needs("partners.change_partner")
def letter(request: HttpRequest, partner_id: int | None = None) -> HttpResponse:
    """The e-mail's HTML, for a frame."""
    return trying.show_letter(_typed(request, _partner(partner_id)))


@require_POST
@needs("partners.change_partner")
def test(request: HttpRequest, partner_id: int) -> HttpResponse:
    """Sends a test lead."""
    partner = get_object_or_404(Partner, pk=partner_id)
    return trying.test(cast(HtmxRequest, request), _typed(request, partner), partner)


def _partner(partner_id: int | None) -> Partner:
    return get_object_or_404(Partner, pk=partner_id) if partner_id else Partner()


def _typed(request: HttpRequest, partner: Partner) -> Typed:
    rows = own_rows(partner)
    return Typed(DeliveryForm(request.POST, current=partner.default_settings, rows=rows))
