"""One lead's page in the portal, and its answers."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from leadflip.kit import clock, show
from portal import reading, services
from portal.access import Place, entry_page, page
from portal.feed import reason_words
from portal.models import Entry, EntryEvent
from portal.reasons import Reason

# What people did, on the lead's page: the newest so many.
STEPS = 20


class RejectForm(forms.Form):
    """Why a lead is refused: one of the list, and a note where the list does not say it."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *Reason.choices],
        error_messages={"required": _("Choose a reason from the list.")},
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Optional, up to 500 characters. The operator reads it."),
    )

    def clean(self) -> dict[str, str]:
        """`Other reason` is told in the note."""
        if self.cleaned_data.get("reason") == Reason.OTHER and not self.cleaned_data.get("note"):
            self.add_error("note", _("Write the reason here, or choose another one from the list."))
        return self.cleaned_data


@require_GET
@entry_page
def lead(request: HttpRequest, place: Place, entry: Entry) -> HttpResponse:
    """The lead's ticked fields, who did what with it, and the ways to answer."""
    services.viewed(entry=entry, user=place.user, at=clock.now())
    return _page(request, place, entry, RejectForm())


@require_POST
@entry_page
def accept(request: HttpRequest, place: Place, entry: Entry) -> HttpResponse:
    """Accepts the lead."""
    _only_who_may_answer(place)
    try:
        _answer(place, entry, Entry.Review.ACCEPTED)
    except services.AlreadyAnswered as earlier:
        messages.warning(request, told(earlier))
    else:
        messages.success(request, _("Lead accepted."))
    return HttpResponseRedirect(reverse("portal:lead", args=[entry.id]))


@require_POST
@entry_page
def reject(request: HttpRequest, place: Place, entry: Entry) -> HttpResponse:
    """Rejects the lead; a form with a fault comes back with what was typed."""
    _only_who_may_answer(place)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _page(request, place, entry, form)
    try:
        _answer(place, entry, Entry.Review.REJECTED, **form.cleaned_data)
    except services.AlreadyAnswered as earlier:
        messages.warning(request, told(earlier))
        entry.refresh_from_db()
        return _page(request, place, entry, form, status=409)
    messages.success(request, _("Lead rejected."))
    return HttpResponseRedirect(reverse("portal:lead", args=[entry.id]))


def told(earlier: services.AlreadyAnswered) -> str:
    """«Ana accepted this on 24 Nov 2026, 14:02. Nothing was changed.»"""
    words = (
        _("%(who)s accepted this on %(when)s. Nothing was changed.")
        if earlier.review == Entry.Review.ACCEPTED
        else _("%(who)s rejected this on %(when)s. Nothing was changed.")
    )
    return words % {"who": earlier.by or _("Somebody"), "when": show.full_time(earlier.at)}


def _only_who_may_answer(place: Place) -> None:
    if not place.may_answer:
        raise PermissionDenied


def _answer(place: Place, entry: Entry, review: str, reason: str = "", note: str = "") -> None:
    services.answer(
        entry_id=entry.id,
        partner_id=entry.partner_id,
        user=place.user,
        review=review,
        reason=reason,
        note=note,
        at=clock.now(),
    )


def _page(
    request: HttpRequest, place: Place, entry: Entry, form: RejectForm, status: int = 200
) -> HttpResponse:
    title, fields = reading.lead(entry)
    waiting = Entry.objects.filter(partner=place.partner, review=Entry.Review.PENDING).exclude(id=entry.id)
    return page(
        request,
        place,
        "lead",
        status,
        entry=entry,
        title=title,
        fields=fields,
        why=reading.why(entry) if place.partner.tells_why else "",
        reason=reason_words(entry),
        steps=EntryEvent.objects.filter(entry=entry).select_related("user").order_by("-id")[:STEPS],
        form=form,
        next=waiting.order_by("-id").first(),
    )
