"""A partner's new signing secret, made by its own people and shown one time."""

from dataclasses import replace
from datetime import timedelta

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from delivery.pages.own import need, signed
from leadflip.kit import clock, once
from leadflip.kit.crypto import SealError
from partners import audit
from partners.draft import Draft
from partners.models import DeliverySettings, May
from partners.outgoing.secrets import TooMany, new_secret, rotated
from partners.services import save_draft, touch
from portal.access import Place, partner_page
from portal.models import EntryEvent
from portal.services import noted

STAYS = [
    ("0", gettext_lazy("At once")),
    ("3600", gettext_lazy("In an hour")),
    ("86400", gettext_lazy("In 24 hours")),
    ("604800", gettext_lazy("In 7 days")),
]


class RenewForm(forms.Form):
    """How long what signs now signs along."""

    stays = forms.TypedChoiceField(
        label=gettext_lazy("The old secret ends"),
        choices=STAYS,
        initial="86400",
        coerce=int,
        help_text=gettext_lazy("Until then both sign, so that you can exchange them without losing a lead."),
        error_messages={"required": gettext_lazy("Choose when the old secret ends.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page
def make(request: HttpRequest, place: Place) -> HttpResponse:
    """Asks when the old secret ends, then makes the new one."""
    need(place, May.SECRETS)
    form = RenewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        refused = _renew(request, place, timedelta(seconds=form.cleaned_data["stays"]))
        if not refused:
            return redirect("own_deliveries:secret_once")
        form.add_error(None, refused)
    row = _row(place)
    return render(request, "delivery/own_secret.html", {"place": place, "form": form, "host": row.host})


@require_safe
@partner_page
def once_page(request: HttpRequest, place: Place) -> HttpResponse:
    """The secret, this one time."""
    need(place, May.SECRETS)
    return once.page(request, {"place": place}, "delivery/own_secret_once.html")


@sensitive_variables()
def _renew(request: HttpRequest, place: Place, stays: timedelta) -> str:
    """Why nothing was made, "" where it was."""
    try:
        with transaction.atomic():
            touch()
            secret = _rotate(place, stays)
            now = clock.now()
            noted(partner=place.partner, user=place.user, kind=EntryEvent.Kind.NEW_SECRET, at=now)
    except TooMany:
        return _("Three secrets sign already. Wait until one of them has ended.")
    except SealError:
        return _("The secrets that sign now cannot be opened. Ask your operator.")
    once.keep(
        request,
        title=_("Your new signing secret"),
        text=_("Check the signature of each webhook with it."),
        secret=secret,
        back=reverse("own_deliveries:index"),
    )
    return ""


@sensitive_variables()
def _rotate(place: Place, stays: timedelta) -> str:
    row, secret = _row(place), new_secret()
    with audit.watching(place.user, place.partner):
        old = Draft.of(row)
        signing = rotated(old.secrets.get("signing") or [], secret, clock.now(), stays)
        save_draft(partner=place.partner, draft=replace(old, secrets={**old.secrets, "signing": signing}))
    return secret


def _row(place: Place) -> DeliverySettings:
    return get_object_or_404(signed(place))
