"""One lead's page in the portal, and its answers."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from leadflip.kit import clock, show
from portal import reading, services
from portal.access import Place, entry_page, page
from portal.feed import reason_words
from portal.models import Entry, EntryEvent
from portal.reason_form import ReasonForm

Review = Entry.Review
# What people did, on the lead's page: the newest so many.
STEPS = 20
TAKEN_BACK = _("The answer was taken back: this lead waits for one again. Nothing was changed.")
OVER = _("This was possible until %(when)s. Nothing was changed.")
NOT_PERMITTED = _("Returning leads is not permitted. Nothing was changed.")
TOLD = {
    Review.ACCEPTED: _("%(who)s accepted this on %(when)s. Nothing was changed."),
    Review.REJECTED: _("%(who)s rejected this on %(when)s. Nothing was changed."),
    Review.RETURNED: _("%(who)s returned this on %(when)s. Nothing was changed."),
}


@require_GET
@entry_page
def lead(request: HttpRequest, place: Place, entry: Entry) -> HttpResponse:
    """The lead's ticked fields, who did what with it, and the ways to answer."""
    services.viewed(entry=entry, user=place.user, at=clock.now())
    return _page(request, place, entry, ReasonForm())


@require_POST
@entry_page
def accept(request: HttpRequest, place: Place, entry: Entry) -> HttpResponse:
    """Accepts the lead."""
    _only_who_may_answer(place)
    try:
        _answer(place, entry, Review.ACCEPTED)
    except services.AlreadyAnswered as earlier:
        messages.warning(request, told(earlier))
    else:
        messages.success(request, _("Lead accepted."))
    return HttpResponseRedirect(reverse("portal:lead", args=[entry.id]))


@require_POST
@entry_page
def reject(request: HttpRequest, place: Place, entry: Entry) -> HttpResponse:
    """Rejects the lead; a form with a fault comes back with what was typed."""
    return _refuse(request, place, entry, Review.REJECTED)


@require_POST
@entry_page
def give_back(request: HttpRequest, place: Place, entry: Entry) -> HttpResponse:
    """Returns the accepted lead, where and while that is permitted."""
    return _refuse(request, place, entry, Review.RETURNED)


@require_POST
@entry_page
def undo(request: HttpRequest, place: Place, entry: Entry) -> HttpResponse:
    """Takes back the person's own answer of the last minute, which the form names."""
    _only_who_may_answer(place)
    try:
        services.undo(
            entry_id=entry.id,
            partner_id=entry.partner_id,
            user=place.user,
            review=request.POST.get("review", ""),
            at=clock.now(),
        )
    except (services.AlreadyAnswered, services.TooLate) as refused:
        messages.warning(request, told(refused))
    except (ValueError, KeyError) as error:
        raise BadRequest(_("The form does not say which answer is taken back.")) from error
    else:
        messages.success(request, _("Answer taken back."))
    return HttpResponseRedirect(reverse("portal:lead", args=[entry.id]))


def told(refused: services.AlreadyAnswered | services.TooLate) -> str:
    """«Ana accepted this on 24 Nov 2026, 14:02. Nothing was changed.»"""
    if isinstance(refused, services.TooLate):
        return str(OVER % {"when": show.to_the_second(refused.until)} if refused.until else NOT_PERMITTED)
    if refused.at is None:
        return str(TAKEN_BACK)
    who = refused.by or _("Somebody")
    return str(TOLD[Review(refused.review)] % {"who": who, "when": show.full_time(refused.at)})


def _refuse(request: HttpRequest, place: Place, entry: Entry, review: str) -> HttpResponse:
    _only_who_may_answer(place)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, place, entry, form)
    try:
        _answer(place, entry, review, **form.cleaned_data)
    except (services.AlreadyAnswered, services.TooLate) as refused:
        messages.warning(request, told(refused))
        entry.refresh_from_db()
        return _page(request, place, entry, form, status=409)
    messages.success(request, _("Lead rejected.") if review == Review.REJECTED else _("Lead returned."))
    return HttpResponseRedirect(reverse("portal:lead", args=[entry.id]))


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
    request: HttpRequest, place: Place, entry: Entry, form: ReasonForm, status: int = 200
) -> HttpResponse:
    title, fields = reading.lead(entry)
    waiting = Entry.objects.filter(partner=place.partner, review=Review.PENDING).exclude(id=entry.id)
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
        **_times(place, entry),
    )


def _times(place: Place, entry: Entry) -> dict[str, Any]:
    """Until when the lead may be returned and its answer taken back, each where this person may do so yet."""
    now = clock.now()
    back = services.returnable_until(entry, place.partner) if entry.review == Review.ACCEPTED else None
    undo = services.undo_until(entry, place.user)
    return {
        "return_until": back,
        "may_return": bool(back and now <= back and place.may_answer),
        "undo_until": undo if undo and now <= undo and place.may_answer else None,
    }
