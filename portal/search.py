"""Finds a partner's leads: by its filters, and by text in the cells that are ticked for it.

No other cell is read, so nobody can find out by searching what it holds. A page looks through so many leads,
newest first, and says where it stopped: a partner with a million waits no longer than one with thousands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet, prefetch_related_objects

from leadflip.kit.ids import instant
from leadflip.kit.paging import SIZE, Page
from partners.models import DeliverySettings
from partners.sheet import Sheet, reader
from portal.filters import FeedFilter
from portal.models import Entry
from portal.reading import open_cells, ticks_of
from portal.values import text_of

# Leads that a page looks through: their cells, or their own columns alone.
DEEP, WIDE = 1000, 10_000
# Leads whose cells are read at a time, and those that may have one e-mail address or phone number.
BATCH, MOST = 250, 200


@dataclass(frozen=True, slots=True)
class Found:
    """The entries, newest first. `reached`: how far it looked, where there is more to look through.

    `exact`: they have the whole e-mail address or phone number that was looked for, and are all that do.
    """

    page: Page[Entry]
    reached: datetime | None = None
    exact: bool = False


def find(rows: QuerySet[Entry], form: FeedFilter, older: str) -> Found:
    """What the valid form leaves of one partner's `rows`, below the id `older` if there is one."""
    edge = _id(older)
    if form.text and edge is None and (known := _known(form.matching(rows), form.text)):
        return Found(Page(known), exact=True)
    rows = form.between(rows.filter(pk__lt=edge) if edge else rows)
    most = DEEP if form.text else WIDE
    looked = list(rows.order_by("-pk").values_list("pk", flat=True)[: most + 1])
    if not looked:
        return Found(Page([]))
    inside = form.matching(rows.filter(pk__gte=looked[:most][-1])).order_by("-pk")
    found = _holding(inside, form.text) if form.text else list(inside[: SIZE + 1])
    if len(found) > SIZE:
        return Found(Page(_named(found[:SIZE]), older=str(found[SIZE - 1].pk)))
    floor = looked[most - 1] if len(looked) > most else None
    return Found(Page(_named(found), older=str(floor or "")), reached=instant(floor) if floor else None)


def _known(rows: QuerySet[Entry], text: str) -> list[Entry]:
    """Those whose ticked e-mail address or phone number is `text`, encrypted or not."""
    fields = reader().known(text, MOST)
    if not fields:
        return []
    entries = rows.filter(lead_id__in=fields).select_related("settings", "answered_by").order_by("-pk")[:SIZE]
    return [entry for entry in entries if any(ticks_of(entry).covers(key) for key in fields[entry.lead_id])]


def _holding(rows: QuerySet[Entry], text: str) -> list[Entry]:
    """The first of the rows that hold the text, at most one more than a page."""
    wanted, found = text.casefold(), list[Entry]()
    for entry, sheet in _sheets(list(rows)):
        if sheet and any(wanted in text_of(cell).casefold() for cell in open_cells(entry, sheet)):
            found.append(entry)
            if len(found) > SIZE:
                break
    return found


def _sheets(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Sheet | None]]:
    settings = DeliverySettings.objects.in_bulk({entry.settings_id for entry in entries})
    for batch in (entries[start : start + BATCH] for start in range(0, len(entries), BATCH)):
        sheets = reader().sheets([entry.lead_id for entry in batch])
        for entry in batch:
            entry.settings = settings[entry.settings_id]
            yield entry, sheets.get(entry.lead_id)


def _named(entries: list[Entry]) -> list[Entry]:
    prefetch_related_objects(entries, "settings", "answered_by")
    return entries


def _id(text: str) -> UUID | None:
    try:
        edge: UUID | None = Entry._meta.pk.to_python(text or None)
    except ValidationError:
        return None
    return edge
