"""The feed: a partner's leads, newest first, by what was answered."""

from collections.abc import Mapping

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from leadflip.kit import paging
from portal import search
from portal.access import Place, page, partner_page
from portal.filters import LONGEST, FeedFilter, sealed
from portal.models import Entry
from portal.reading import summaries
from portal.reasons import Reason
from portal.search import Found


@require_GET
@partner_page
def feed(request: HttpRequest, place: Place) -> HttpResponse:
    """One tab of the feed, `?review=…`; pending review if the address names none."""
    own = Entry.objects.filter(partner=place.partner)
    review = _review(request.GET.get("review"))
    form = FeedFilter(request.GET, place.partner, place.user)
    found = _found(own.filter(review=review), form, request.GET)
    names = summaries(found.page.rows)
    counts = paging.counted_all([own.filter(review=tab) for tab in Entry.Review])
    return page(
        request,
        place,
        "feed",
        tabs=list(zip(Entry.Review, counts, strict=True)),
        review=review,
        form=form,
        found=found,
        page=found.page,
        query=_filters(request),
        entries=[(entry, names[entry.id], reason_words(entry)) for entry in found.page.rows],
    )


@require_POST
@partner_page
def find(request: HttpRequest, place: Place) -> HttpResponse:
    """The feed with the leads that hold `text`, within the filters of the address."""
    text = request.POST.get("text", "").strip()[:LONGEST]
    query = request.GET.copy()
    for name in ("find", "older", "newer"):
        query.pop(name, None)
    if text:
        query["find"] = sealed(text, place.user)
    return HttpResponseRedirect(f"{reverse('portal:feed')}?{query.urlencode()}".rstrip("?"))


def reason_words(entry: Entry) -> str:
    """Why it was rejected or returned, in words; "" if it was neither."""
    return str(Reason(entry.reason).label) if entry.reason in Reason.values else entry.reason


def _found(rows: QuerySet[Entry], form: FeedFilter, query: Mapping[str, str]) -> Found:
    if not form.is_valid():
        return Found(paging.Page([]))
    if form.narrows:
        return search.find(rows, form, query.get("older", ""))
    return Found(paging.page(rows.select_related("settings", "answered_by"), query))


def _filters(request: HttpRequest) -> str:
    """The address's tab and filters alone."""
    query = request.GET.copy()
    for name in ("older", "newer", "said"):
        query.pop(name, None)
    return query.urlencode()


def _review(name: str | None) -> Entry.Review:
    return Entry.Review(name) if name in Entry.Review.values else Entry.Review.PENDING
