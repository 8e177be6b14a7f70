"""Webhook addresses that partners asked for: what each leads to, and approving or refusing it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from delivery import addresses
from leadflip.kit import clock
from leadflip.kit.crypto import SealError
from leadflip.kit.needs import NotAllowed, needs
from leadflip.kit.paging import SIZE
from partners.admin.base import person
from partners.models import AddressChange, Member
from partners.outgoing import OutgoingError

CHANGE = "partners.change_deliverysettings"
KEEP, DROP = "keep", "drop"
# How long the page names what was changed without approval.
LATELY = timedelta(days=7)
State = AddressChange.State


class AnswerForm(forms.Form):
    """The answer to one. `asked`: whether it must say what becomes of the stored headers."""

    headers = forms.ChoiceField(
        label=gettext_lazy("Stored header values"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (DROP, gettext_lazy("Remove these headers")),
            (KEEP, gettext_lazy("Send them to the new host too")),
        ],
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason for refusing"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The partner reads it."),
    )

    def __init__(self, data: Any, *, asked: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.asked, self.approves = asked, data is not None and data.get("do") == "approve"
        if not asked:
            del self.fields["headers"]

    def clean(self) -> dict[str, Any]:
        """Each answer needs its own field."""
        cleaned = super().clean() or {}
        if self.approves and self.asked and not cleaned.get("headers"):
            self.add_error("headers", _("Choose what becomes of the stored headers."))
        if not self.approves and not cleaned.get("reason"):
            self.add_error("reason", _("Write why: the partner reads it."))
        return cleaned


@dataclass(frozen=True, slots=True)
class Card:
    """One that waits. `gone`: whoever asked does not belong to the partner any more."""

    change: AddressChange
    form: AnswerForm
    elsewhere: bool
    headers: list[str]
    gone: bool

    @property
    def stale(self) -> bool:
        """Whether another address is in force than the one that it was to replace."""
        return bool(self.change.settings.config.get("url") != self.change.before)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("partners.view_deliverysettings")
def index(request: HttpRequest) -> HttpResponse:
    """Those that wait, and what was changed without approval lately; POST answers one."""
    may = request.user.has_perm(CHANGE)
    if request.method == "POST" and not may:
        raise NotAllowed(CHANGE)
    cards = _cards(request.POST if request.method == "POST" else None)
    form = None
    if request.method == "POST":
        card = next((each for each in cards if str(each.change.pk) == request.POST.get("change")), None)
        if card is None or card.form.is_valid():
            _answer(request, card)
            return redirect("delivery:addresses")
        form = card.form
    rows = AddressChange.objects.filter(state=State.AT_ONCE, asked_at__gt=clock.now() - LATELY)
    context = {
        **admin.site.each_context(request),
        "title": _("Webhook addresses"),
        "cards": cards,
        "form": form,
        "may": may,
        "at_once": rows.select_related("settings__partner", "asked_by").order_by("-asked_at")[:SIZE],
    }
    return render(request, "delivery/addresses.html", context)


def _answer(request: HttpRequest, card: Card | None) -> None:
    gone = _("It is another one by now: read what waits.")
    if card is None:
        messages.error(request, gone)
        return
    asked_at = parse_datetime(request.POST.get("seen", "")) or clock.now()
    which: dict[str, Any] = {"change_id": card.change.pk, "asked_at": asked_at, "by": person(request)}
    try:
        if card.form.approves:
            addresses.approve(**which, headers=card.form.cleaned_data.get("headers") == KEEP)
            messages.success(request, _("Approved. %s has the new address.") % card.change.settings.partner)
        else:
            addresses.refuse(**which, reason=card.form.cleaned_data["reason"])
            messages.success(request, _("Refused. The address stays as it is."))
    except addresses.Gone:
        messages.error(request, gone)
    except OutgoingError as why:
        messages.error(request, str(why))
    except SealError:
        words = _("The saved secrets do not open: put the key that sealed them back into ENCRYPTION_KEYS.")
        messages.error(request, words)


def _cards(data: Any) -> list[Card]:
    rows = AddressChange.objects.filter(state=State.WAITING).select_related("settings__partner", "asked_by")
    changes = list(rows.order_by("asked_at")[:SIZE])
    asked_by = {change.asked_by_id for change in changes}
    places = set(Member.objects.filter(user__in=asked_by).values_list("user_id", "partner_id"))
    return [_card(change, data, places) for change in changes]


def _card(change: AddressChange, data: Any, places: set[tuple[int, int]]) -> Card:
    row = change.settings
    elsewhere, headers = addresses.elsewhere(row, change.url), list(row.config.get("headers") or ())
    sent = data if data is not None and data.get("change") == str(change.pk) else None
    form = AnswerForm(sent, asked=elsewhere and bool(headers), prefix=str(change.pk))
    return Card(change, form, elsewhere, headers, (change.asked_by_id, row.partner_id) not in places)
