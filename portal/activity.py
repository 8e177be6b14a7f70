"""The history: who of a partner signed in, read, answered and downloaded what, and when."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leadflip.kit import show
from partners.models import Member
from portal import trail
from portal.access import Place, page, partner_page
from portal.models import Entry, EntryEvent
from portal.reading import Summary

ROLES = dict(Member.Role.choices)


@require_GET
@partner_page
def activity(request: HttpRequest, place: Place) -> HttpResponse:
    """The partner's events, newest first."""
    found = trail.read(place.partner, request.GET)
    return page(request, place, "activity", form=found.form, page=found.page, events=lines(found))


def lines(found: trail.Trail) -> list[tuple[EntryEvent, Summary | None, str]]:
    """Each event with its lead, if it is about one, and what else it was about."""
    return [
        (event, found.names[event.entry_id] if event.entry_id else None, words(event))
        for event in found.page.rows
    ]


def words(event: EntryEvent) -> str:
    """What an event was about beside its lead."""
    if email := event.detail.get("email"):
        role = ROLES.get(event.detail.get("role", ""), "")
        return f"{email} · {role}" if role else str(email)
    return str(event.detail.get("about", "")) or download_words(event)


def download_words(event: EntryEvent) -> str:
    """«312 leads of solar-lead, Accepted»: what a download held; "" for other events."""
    if event.kind != EntryEvent.Kind.DOWNLOADED:
        return ""
    chosen = event.detail.get("filter", {})
    words = _("%(leads)s of %(entity)s") % {
        "leads": show.leads(event.detail.get("rows", 0)),
        "entity": chosen.get("entity", ""),
    }
    review = chosen.get("review")
    days = " – ".join(day for day in (chosen.get("start"), chosen.get("end")) if day)
    return ", ".join(
        part for part in (words, str(Entry.Review(review).label) if review else "", days) if part
    )
