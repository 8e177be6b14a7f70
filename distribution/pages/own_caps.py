"""A partner's caps, for its owners: what is used of them, and lower ones of their own.

An assignment is called by its entity, never by its profile.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from delivery.pages.own import need
from distribution import cap_uses, own_caps
from distribution.models import Assignment, OwnCap
from distribution.routing.hours import midnight
from distribution.routing.ledger import Owner
from leadflip.kit import clock, show
from partners.admin.caps import used_words
from partners.caps import Caps, Own
from partners.models import May
from portal.access import Place, owner_page
from portal.models import EntryEvent
from portal.services import noted

# Assignments that the page lists.
MOST = 50
# Changes that one person may make: each makes routing read its configuration anew.
CHANGES = {"own_caps": "30/h/user"}
NOTHING = Own(Caps())
ABOVE = {
    "day": gettext_lazy("Your operator's cap is %s a day. Enter a lower number, or leave it empty."),
    "week": gettext_lazy("Your operator's cap is %s a week. Enter a lower number, or leave it empty."),
    "month": gettext_lazy("Your operator's cap is %s a month. Enter a lower number, or leave it empty."),
}


def _number(label: Any) -> forms.IntegerField:
    few = gettext_lazy("Enter a number from 1 on. For none, choose “No more leads today”.")
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=1,
        max_value=1_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"min_value": few, "invalid": few, "max_value": gettext_lazy("Enter a lower number.")},
    )


class OwnForm(forms.Form):
    """A partner's own caps; each below the operator's in `caps`."""

    day = _number(gettext_lazy("Most leads a day"))
    week = _number(gettext_lazy("Most leads a week"))
    month = _number(gettext_lazy("Most leads a month"))

    def __init__(self, data: Any, caps: Caps, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.caps = caps

    def clean(self) -> dict[str, Any]:
        """None is above the operator's."""
        cleaned = super().clean() or {}
        for name, words in ABOVE.items():
            cap, own = getattr(self.caps, name), cleaned.get(name)
            if cap is not None and own is not None and own > cap:
                self.add_error(name, words % show.number(cap))
        return cleaned


@dataclass(frozen=True, slots=True)
class Card:
    """One owner of caps. `lines`: what is used of the operator's; `used` None: nobody counted yet."""

    key: str
    title: str
    caps: Caps
    used: Sequence[int] | None
    own: Own
    form: OwnForm
    assignment: Assignment | None = None

    @property
    def lines(self) -> list[str]:
        """«12 of 50 today» by each cap of the operator's."""
        return used_words(self.caps, self.used)

    @property
    def own_lines(self) -> list[str]:
        """The same of its own caps that are lower than those."""
        return used_words(self.caps.lower(self.own.caps), self.used)

    @property
    def none(self) -> bool:
        """Whether it takes no leads now."""
        return self.own.none_until is not None and clock.now() < self.own.none_until


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def page(request: HttpRequest, place: Place) -> HttpResponse:
    """The caps in force; POST changes the own ones of `which`, as `do` says: save, none, again or back."""
    need(place, May.CAPS)
    cards = _cards(place, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, place, cards)
    card = next((card for card in cards if card.key == request.POST.get("which")), None)
    if card is None:
        raise Http404
    own = _wanted(place, card, request.POST.get("do", "save"))
    if own is None:
        return _page(request, place, cards, card.form)
    if ratelimit.consume(request, app="distribution", action="own_caps", config=CHANGES) is None:
        messages.error(request, _("Many changes within the hour: the next is possible in a few minutes."))
    else:
        _save(request, place, card, own)
    return redirect("own_caps")


def _wanted(place: Place, card: Card, do: str) -> Own | None:
    """What is to hold; None where the form says what to mend."""
    if do == "none":
        today = clock.now().astimezone(place.zone).date()
        return card.own._replace(none_until=midnight(today + timedelta(days=1), place.partner.zone))
    if do == "again":
        return card.own._replace(none_until=None)
    if do == "back":
        return NOTHING
    if not card.form.is_valid():
        return None
    return card.own._replace(caps=Caps(**card.form.cleaned_data))


@transaction.atomic
def _save(request: HttpRequest, place: Place, card: Card, own: Own) -> None:
    if own_caps.save(partner=place.partner, assignment=card.assignment, own=own, by=place.user):
        about = f"{card.title}: {own_caps.words(own) or _('no caps of your own')}"
        noted(
            partner=place.partner,
            user=place.user,
            kind=EntryEvent.Kind.OWN_CAPS,
            at=clock.now(),
            about=about,
        )
        messages.success(request, _("%(about)s. It holds from the next lead on.") % {"about": about})


def _cards(place: Place, data: Mapping[str, Any] | None) -> list[Card]:
    """Of all leads, then of each assignment in force, by its entity's name."""
    seats = Assignment.objects.filter(partner=place.partner, enabled=True, profile__enabled=True)
    rows = list(
        seats.select_related("partner", "profile__entity").order_by("profile__entity__name", "id")[:MOST]
    )
    used = cap_uses.of_assignments(rows)
    own = {own_caps.owner_of(row): row.own for row in OwnCap.objects.filter(partner=place.partner)}
    titles = _titles([row.profile.entity.name for row in rows])

    def card(owner: Owner, title: str, caps: Caps, assignment: Assignment | None = None) -> Card:
        key = "all" if assignment is None else str(assignment.pk)
        mine = own.get(owner, NOTHING)
        sent = data if data is not None and data.get("which") == key and data.get("do") == "save" else None
        form = OwnForm(sent, caps, prefix=key, initial=mine.caps._asdict())
        return Card(key, title, caps, used.get(owner), mine, form, assignment)

    total = card(Owner("partner", place.partner.pk), _("All your leads"), place.partner.caps)
    named = zip(rows, titles, strict=True)
    return [total, *(card(Owner("assignment", row.pk), title, row.caps, row) for row, title in named)]


def _titles(names: Sequence[str]) -> list[str]:
    """The names; of several that are the same, numbered."""
    often, met = Counter(names), Counter[str]()
    titles = []
    for name in names:
        met[name] += 1
        titles.append(f"{name} · {met[name]}" if often[name] > 1 else name)
    return titles


def _page(request: HttpRequest, place: Place, cards: list[Card], form: OwnForm | None = None) -> HttpResponse:
    context = {"place": place, "cards": cards, "form": form}
    return render(request, "distribution/own_caps.html", context)
