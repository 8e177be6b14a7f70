"""Another webhook address, asked for by a partner's owners; what it leads to is read before."""

from typing import Any

from allauth.core.internal import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from delivery import addresses, trial
from delivery.models import Job
from delivery.pages.own import entities, need
from leadflip.kit import clock
from leadflip.kit.crypto import SealError
from partners.models import AddressChange, DeliverySettings, May
from partners.outgoing import OutgoingError, target
from partners.outgoing.urls import LONGEST
from partners.sheet import reader
from portal.access import Place, owner_page
from portal.models import EntryEvent
from portal.services import noted

# What one person may ask for or try: each test is a call to a host of their choice.
RATES = {"address": "30/h/user"}
UNSEALED = gettext_lazy("Your connection's secrets cannot be opened. Ask your operator.")


class AddressForm(forms.Form):
    """The new address, in its one form; `current` is the one in force."""

    url = forms.CharField(
        label=gettext_lazy("New address"),
        max_length=LONGEST,
        widget=forms.URLInput(attrs={"placeholder": "https://crm.example.com/leads", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Enter the new address, such as https://crm.example.com/leads.")
        },
    )

    def __init__(self, data: Any, current: str) -> None:
        super().__init__(data)
        self.current = current

    def clean_url(self) -> str:
        """As the admin's form reads it, and encrypted."""
        try:
            found = target(self.cleaned_data["url"], tuple(settings.OUTGOING_ALLOW))
        except OutgoingError as error:
            raise ValidationError(str(error)) from None
        if not found.secure:
            raise ValidationError(_("Enter an https:// address, such as https://crm.example.com/leads."))
        if found.url == self.current:
            raise ValidationError(_("Your leads go to this address already."))
        return found.url


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def page(request: HttpRequest, place: Place) -> HttpResponse:
    """The address in force; POST reads over another one, tries it, asks for it or takes that back (`do`)."""
    need(place, May.ADDRESS)
    row = addresses.own_webhook(place.partner)
    if row is None:
        raise Http404
    do = request.POST.get("do", "read")
    if do == "back":
        if addresses.take_back(row=row, by=place.user):
            messages.success(request, _("Taken back. The address stays as it is."))
        return redirect("own_deliveries:address")
    form = AddressForm(request.POST if request.method == "POST" else None, str(row.config.get("url")))
    if not form.is_valid() or do not in ("read", "test", "send"):
        return _page(request, place, row, form)
    url = form.cleaned_data["url"]
    if do == "read":
        return _page(request, place, row, form, url)
    if ratelimit.consume(request, app="delivery", action="address", config=RATES) is None:
        messages.error(request, _("Many tries within the hour: the next is possible in a few minutes."))
        return _page(request, place, row, form, url)
    try:
        return _test(request, place, row, url) if do == "test" else _ask(request, place, row, url)
    except (SealError, trial.Untestable) as why:
        messages.error(request, str(UNSEALED if isinstance(why, SealError) else why))
        return _page(request, place, row, form, url)


def _ask(request: HttpRequest, place: Place, row: DeliverySettings, url: str) -> HttpResponse:
    change = addresses.ask(row=row, url=url, by=place.user)
    if change.state == AddressChange.State.AT_ONCE:
        messages.success(request, _("Your leads go to the new address from now on."))
    else:
        messages.success(request, _("Asked for. Your leads go to the old address until it is approved."))
    return redirect("own_deliveries:address")


@transaction.atomic
def _test(request: HttpRequest, place: Place, row: DeliverySettings, url: str) -> HttpResponse:
    need(place, May.TEST)
    named = {str(id): id for id, _name in entities(place)}
    entity_id = named.get(request.POST.get("entity", ""))
    if entity_id is None:
        raise Http404
    draft, lead_id = addresses.test_draft(row, url), reader().sample(entity_id)
    job: Job = trial.send_test(partner=place.partner, draft=draft, lead_id=lead_id, by=place.user)
    noted(partner=place.partner, user=place.user, kind=EntryEvent.Kind.TESTED, at=clock.now(), job=job.id)
    return redirect("own_deliveries:one", job.id)


def _page(
    request: HttpRequest, place: Place, row: DeliverySettings, form: AddressForm, url: str = ""
) -> HttpResponse:
    context = {
        "place": place,
        "form": form,
        "current": row.config.get("url"),
        "change": AddressChange.objects.filter(settings=row).select_related("asked_by").first(),
        "url": url,
        "at_once": bool(url) and addresses.is_at_once(row, url),
        "elsewhere": bool(url) and addresses.elsewhere(row, url),
        "headers": bool(row.config.get("headers")),
        "signed": row.config.get("signing") is True,
        "test_of": entities(place) if url and place.may(May.TEST) else [],
    }
    return render(request, "delivery/own_address.html", context)
