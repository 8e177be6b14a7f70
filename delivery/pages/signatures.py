"""How a partner verifies our signatures, and what is wrong with a request that it refuses.

What is pasted is checked and shown again, and kept nowhere.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from delivery.models import AttemptBody
from delivery.trial import SCOPE
from delivery.verify import Finding, check, read_headers
from leadflip.kit import clock, crypto
from leadflip.kit.needs import needs
from partners.models import DeliverySettings, Partner
from partners.models.settings import Kind
from partners.outgoing.secrets import alive, end_of, made_at, name_of
from portal.access import Place, partner_page

LANGUAGES = {"python": _("Python"), "javascript": _("JavaScript"), "php": _("PHP")}
LONGEST_HEADERS, LONGEST_BODY = 20_000, 200_000
# Attempts of one job whose bodies are compared: they differ only where the settings were changed between.
MOST_SENT = 20
ask = require_http_methods(["GET", "HEAD", "POST"])
hide = sensitive_post_parameters("pasted_headers", "pasted_body")


class PastedForm(forms.Form):
    """A request as it came in. The names begin with `pasted_`: no form that was lost is kept with them."""

    pasted_headers = forms.CharField(
        label=_("Headers"),
        max_length=LONGEST_HEADERS,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "mono"}),
        help_text=_("All of them, a line each, such as webhook-id: 0193…"),
        error_messages={"required": _("Paste the request's headers: one a line.")},
    )
    pasted_body = forms.CharField(
        label=_("Body"),
        max_length=LONGEST_BODY,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        help_text=_("The bytes as they came, not what a program made of them."),
        error_messages={"required": _("Paste the request's body.")},
    )


class Known(NamedTuple):
    """A secret that signs now, without it."""

    name: str
    made: Any
    until: Any


@never_cache
@ask
@hide
@needs("delivery.view_attemptbody")
def of_partner(request: HttpRequest, partner_id: int) -> HttpResponse:
    """For staff: any partner's."""
    partner = get_object_or_404(Partner, pk=partner_id)
    context = {**admin.site.each_context(request), "title": _("Signatures"), **_context(request, partner)}
    return render(request, "delivery/signatures.html", context)


@ask
@hide
@partner_page
def own(request: HttpRequest, place: Place) -> HttpResponse:
    """For a partner: against its own secrets alone."""
    return render(
        request, "delivery/own_signatures.html", {"place": place, **_context(request, place.partner)}
    )


@sensitive_variables("secrets", "form")
def _context(request: HttpRequest, partner: Partner) -> dict[str, Any]:
    secrets = _secrets(partner)
    form = PastedForm(request.POST if request.method == "POST" else None)
    now = clock.now()
    return {
        "partner": partner,
        "form": form,
        "findings": _findings(form, partner, secrets) if form.is_bound and form.is_valid() else [],
        "known": [
            Known(name_of(each["secret"]), made_at(each), end_of(each)) for each in alive(secrets, now)
        ],
        "codes": [(name, label, _code(name)) for name, label in LANGUAGES.items()],
    }


@sensitive_variables()
def _findings(form: PastedForm, partner: Partner, secrets: list[dict[str, Any]]) -> list[Finding]:
    headers, body = form.cleaned_data["pasted_headers"], form.cleaned_data["pasted_body"]
    sent = _sent(partner, read_headers(headers).get("webhook-id", ""))
    return check(headers, body, secrets, sent, clock.now())


def _code(language: str) -> str:
    return render_to_string(f"delivery/verify/{language}.txt")


@sensitive_variables()
def _secrets(partner: Partner) -> list[dict[str, Any]]:
    """Of all its webhooks but tests; without those that no key opens."""
    rows = DeliverySettings.objects.filter(partner=partner, kind=Kind.WEBHOOK)
    return [
        entry for row in rows.exclude(scope__startswith=SCOPE).order_by("scope", "id") for entry in _of(row)
    ]


def _of(row: DeliverySettings) -> Iterable[dict[str, Any]]:
    try:
        return row.secrets().get("signing") or []
    except crypto.SealError:
        return []


def _sent(partner: Partner, id: str) -> Iterator[bytes]:
    """What went out to this partner under that id."""
    try:
        job_id = UUID(id)
    except ValueError:
        return
    bodies = AttemptBody.objects.filter(attempt__job=job_id, attempt__job__partner=partner)
    for body in bodies.select_related("attempt").order_by("-attempt")[:MOST_SENT]:
        try:
            kept = crypto.unseal(f"attempt:{job_id}:{body.attempt.number}", body.sealed)
        except crypto.SealError:
            continue
        yield str(kept["request"]["body"]).encode()
