"""The feed: a partner's leads, newest first, by what was answered."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from leadflip.kit import clock, paging
from leadflip.kit.ids import first_of
from leadflip.kit.show import MOST
from portal import search, services
from portal.access import Place, page, partner_page
from portal.filters import LONGEST, FeedFilter, counted_with_kinds, sealed
from portal.models import Entry, EntryEvent
from portal.reading import summaries
from portal.reason_form import ReasonForm
from portal.reasons import Reason
from portal.search import Found

# Events of a partner among which one person's answers of the last minute are looked for.
LATEST = 200


@require_GET
@partner_page
def feed(request: HttpRequest, place: Place) -> HttpResponse:
    """One tab of the feed, `?review=…`; pending review if the address names none."""
    return feed_page(request, place)


def feed_page(
    request: HttpRequest, place: Place, reasons: ReasonForm | None = None, ticked: Collection[UUID] = ()
) -> HttpResponse:
    """The feed; after a rejection with a fault, with its form and the rows that were ticked."""
    own = Entry.objects.filter(partner=place.partner)
    review = _review(request.GET.get("review"))
    # In the index's order: in none, a table that is mostly one partner's is read from its beginning.
    tabs = [own.filter(review=tab).order_by("-pk")[: MOST + 1] for tab in Entry.Review]
    counts, kinds = counted_with_kinds(place, tabs)
    form = FeedFilter(request.GET, place, kinds)
    found = _found(own.filter(review=review), form, request.GET)
    skipped = _skipped(own, request.GET.get("skipped", ""))
    names = summaries([*found.page.rows, *skipped], known=found.sheets)
    waiting = review == Entry.Review.PENDING
    return page(
        request,
        place,
        "feed",
        tabs=list(zip(Entry.Review, counts, strict=True)),
        review=review,
        form=form,
        reasons=reasons or ReasonForm(),
        ticked=ticked,
        answers=waiting and place.may_answer and bool(found.page.rows),
        found=found,
        page=found.page,
        query=filters(request),
        skipped=[(entry, names[entry.id]) for entry in skipped],
        undoable=_undoable(place) if place.may_answer else [],
        newest=_newest(found.page) if waiting and not form.narrows else "",
        entries=[(entry, names[entry.id], reason_words(entry)) for entry in found.page.rows],
    )


@require_GET
@partner_page
def arrivals(request: HttpRequest, place: Place) -> HttpResponse:
    """How many leads that wait came after the one `?newest=…`; 204 where the page has said so already."""
    newest = request.GET.get("newest", "")
    waiting = Entry.objects.filter(partner=place.partner, review=Entry.Review.PENDING)
    count = paging.counted(waiting.filter(pk__gt=newest)) if _is_id(newest) else 0
    if request.GET.get("said") == str(count):
        return HttpResponse(status=204)
    return page(request, place, "_news", count=count)


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


def filters(request: HttpRequest) -> str:
    """The address's tab and filters alone."""
    query = request.GET.copy()
    for name in ("older", "newer", "said", "skipped"):
        query.pop(name, None)
    return query.urlencode()


def _skipped(own: QuerySet[Entry], named: str) -> list[Entry]:
    """Leads of the address whose answer did not count: with the one that stands."""
    ids = [id for id in named.split(",") if _is_id(id)][: paging.SIZE]
    found = own.filter(pk__in=ids).select_related("settings", "answered_by").order_by("-pk")
    return list(found) if ids else []


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _undoable(place: Place) -> list[Entry]:
    """What this person answered within the last minute, as far as it stands."""
    latest = EntryEvent.objects.filter(partner=place.partner).order_by("-id").values("entry_id")[:LATEST]
    own = Entry.objects.filter(partner=place.partner, answered_by=place.user)
    return list(own.filter(pk__in=latest, answered_at__gte=clock.now() - services.UNDO))


def _newest(shown: paging.Page[Entry]) -> UUID | str:
    """The id after which leads are new; "" on older pages, where nothing is announced."""
    if not shown.first:
        return ""
    return shown.rows[0].pk if shown.rows else first_of(clock.now())


def _review(name: str | None) -> Entry.Review:
    return Entry.Review(name) if name in Entry.Review.values else Entry.Review.PENDING
