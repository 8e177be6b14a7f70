"""Answers given in the feed: one lead's or the ticked ones', and taken back there."""

from collections.abc import Callable, Iterable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leadflip.kit import clock, show
from leadflip.kit.paging import SIZE
from portal import services
from portal.access import Place, partner_page
from portal.feed import feed_page, filters
from portal.models import Entry
from portal.reason_form import ReasonForm

Review = Entry.Review


@require_POST
@partner_page
def answer_many(request: HttpRequest, place: Place) -> HttpResponse:
    """Accepts or rejects: the lead of the button in its row, else those that are ticked."""
    _only_who_may_answer(place)
    one = request.POST.get("accept", "")
    ids = _ids([one] if one else request.POST.getlist("lead"))
    review = Review.REJECTED if request.POST.get("do") == "reject" and not one else Review.ACCEPTED
    form = ReasonForm(request.POST)
    if review == Review.REJECTED and ids and not form.is_valid():
        return feed_page(request, place, form, ids)
    why = form.cleaned_data if review == Review.REJECTED and ids else {}

    def give(entry_id: UUID) -> None:
        services.answer(
            entry_id=entry_id,
            partner_id=place.partner.pk,
            user=place.user,
            review=review,
            at=clock.now(),
            **why,
        )

    skipped = _each(ids, give)
    _tell(request, review, len(ids) - len(skipped), bool(ids))
    return _back(request, skipped)


@require_POST
@partner_page
def undo_many(request: HttpRequest, place: Place) -> HttpResponse:
    """Takes back the person's own answers of the last minute: `<review>:<id>` for each."""
    _only_who_may_answer(place)
    pairs = (pair.partition(":") for pair in request.POST.getlist("answer"))
    named = {id: review for review, _colon, id in pairs if review in services.BEFORE}
    ids = [id for id in _ids(named) if str(id) in named]

    def take(entry_id: UUID) -> None:
        services.undo(
            entry_id=entry_id,
            partner_id=place.partner.pk,
            user=place.user,
            review=named[str(entry_id)],
            at=clock.now(),
        )

    skipped = _each(ids, take)
    if done := len(ids) - len(skipped):
        words = ngettext("%(n)s answer taken back.", "%(n)s answers taken back.", done)
        messages.success(request, words % {"n": show.number(done)})
    return _back(request, skipped)


def _each(ids: Iterable[UUID], do: Callable[[UUID], None]) -> list[UUID]:
    """Does it for each, by itself; those that were answered meanwhile, or not in time."""
    skipped = []
    for entry_id in ids:
        try:
            do(entry_id)
        except (services.AlreadyAnswered, services.TooLate):
            skipped.append(entry_id)
        except Entry.DoesNotExist:
            # A foreign lead: as if it had not been named.
            continue
    return skipped


def _ids(texts: Iterable[str]) -> list[UUID]:
    """At most a page, in the order in which rows are locked."""
    found = set()
    for text in texts:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return sorted(found)[:SIZE]


def _tell(request: HttpRequest, review: str, done: int, named: bool) -> None:
    if not named:
        messages.warning(request, _("Tick the leads first, then answer them."))
    elif done and review == Review.ACCEPTED:
        words = ngettext("%(n)s lead accepted.", "%(n)s leads accepted.", done)
        messages.success(request, words % {"n": show.number(done)})
    elif done:
        words = ngettext("%(n)s lead rejected.", "%(n)s leads rejected.", done)
        messages.success(request, words % {"n": show.number(done)})


def _back(request: HttpRequest, skipped: Iterable[UUID]) -> HttpResponse:
    """The feed as it was; which leads were skipped stands in the address, why is read there."""
    parts = [filters(request), urlencode({"skipped": ",".join(map(str, skipped))}) if skipped else ""]
    query = "&".join(filter(None, parts))
    return HttpResponseRedirect(f"{reverse('portal:feed')}?{query}".rstrip("?"))


def _only_who_may_answer(place: Place) -> None:
    if not place.may_answer:
        raise PermissionDenied
