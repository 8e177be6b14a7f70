"""The feed: a partner's leads, newest first, by what was answered."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from leadflip.kit import paging
from portal.access import Place, page, partner_page
from portal.models import Entry
from portal.reading import summaries
from portal.reasons import Reason


@require_GET
@partner_page
def feed(request: HttpRequest, place: Place) -> HttpResponse:
    """One tab of the feed, `?review=…`; pending review if the address names none."""
    own = Entry.objects.filter(partner=place.partner)
    review = _review(request.GET.get("review"))
    rows = own.filter(review=review).select_related("settings", "answered_by")
    shown = paging.page(rows, request.GET)
    names = summaries(shown.rows)
    return page(
        request,
        place,
        "feed",
        tabs=[(tab, paging.counted(own.filter(review=tab))) for tab in Entry.Review],
        review=review,
        page=shown,
        entries=[(entry, names[entry.id], reason_words(entry)) for entry in shown.rows],
    )


def reason_words(entry: Entry) -> str:
    """Why it was rejected or returned, in words; "" if it was neither."""
    return str(Reason(entry.reason).label) if entry.reason in Reason.values else entry.reason


def _review(name: str | None) -> Entry.Review:
    return Entry.Review(name) if name in Entry.Review.values else Entry.Review.PENDING
