"""A partner's leads of one entity as a stream of CSV, and the event that tells of it."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from leadflip.kit.ids import first_of
from partners.models import DeliverySettings, User
from partners.sheet import ADDRESS_PARTS, Column, Sheet, Ticks, reader
from portal.access import Place
from portal.csvfile import Format, Heading, Lost, field_headings, own_headings
from portal.filters import HELD
from portal.models import Entry, EntryEvent

# Rows that are read and written at a time: what a download holds in memory.
BATCH = 500
# How far rows are counted before a download; Excel and LibreOffice open 1,048,576.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file shall hold: one entity's leads, perhaps of one review, perhaps between two days."""

    entity_id: int
    entity: str
    review: str = ""
    start: date | None = None
    end: date | None = None

    def entries(self, place: Place) -> QuerySet[Entry]:
        """The partner's entries, newest first; days are those of the partner's zone."""
        rows = Entry.objects.filter(partner=place.partner, entity_id=self.entity_id)
        if self.review:
            rows = rows.filter(review=self.review)
        if self.start:
            since = _midnight(self.start, place)
            rows = rows.filter(created_at__gte=since, pk__gte=first_of(since - HELD))
        if self.end:
            until = _midnight(self.end + timedelta(days=1), place)
            rows = rows.filter(created_at__lt=until, pk__lt=first_of(until))
        return rows.order_by("-id")

    def words(self) -> dict[str, str]:
        """The filter as the event keeps it."""
        return {
            "entity": self.entity,
            "review": self.review,
            "start": self.start.isoformat() if self.start else "",
            "end": self.end.isoformat() if self.end else "",
        }


def headings(place: Place, entries: QuerySet[Entry], entity_id: int) -> list[Heading]:
    """The file's columns: the portal's own, then every field that one of the rows' settings ticks."""
    rows = DeliverySettings.objects.filter(partner=place.partner)
    used = rows.filter(Exists(entries.order_by().filter(settings=OuterRef("pk"))))
    seen = [Ticks.of(row.everything, row.per_entity, entity_id) for row in used]
    return own_headings() + field_headings(reader().columns(entity_id), seen)


def stream(
    *, place: Place, wanted: Wanted, format: Format, name: str, at: datetime
) -> Generator[bytes, None, None]:
    """The file in pieces. Its event stands before the first byte leaves, and gets the count at the end."""
    entries = wanted.entries(place)
    columns = headings(place, entries, wanted.entity_id)
    event = EntryEvent.objects.create(
        partner=place.partner,
        user=place.user,
        kind=EntryEvent.Kind.DOWNLOADED,
        detail={"filter": wanted.words(), "format": name, "rows": 0},
        at=at,
    )
    return _pieces(entries, columns, format, event, Known(wanted.entity_id))


class Row(NamedTuple):
    """What a file tells of an entry: a million of them are not made objects with relations."""

    lead_id: UUID
    settings_id: int
    created_at: datetime
    review: str
    answered_at: datetime | None
    answered_by_id: int | None
    reason: str
    note: str


class Known:
    """What many rows share, read once: the ticks of settings, and people's names."""

    def __init__(self, entity_id: int) -> None:
        self.entity_id = entity_id
        self.ticks: dict[int, Ticks] = {}
        self.people: dict[int, str] = {}

    def meet(self, batch: Sequence[Row]) -> None:
        """Reads what is new in these rows."""
        settings = {row.settings_id for row in batch} - self.ticks.keys()
        for each in DeliverySettings.objects.filter(id__in=settings) if settings else ():
            self.ticks[each.id] = Ticks.of(each.everything, each.per_entity, self.entity_id)
        people = {row.answered_by_id for row in batch if row.answered_by_id} - self.people.keys()
        for person in User.objects.filter(id__in=people) if people else ():
            self.people[person.id] = str(person)


def _pieces(
    entries: QuerySet[Entry], columns: Sequence[Heading], format: Format, event: EntryEvent, known: Known
) -> Generator[bytes, None, None]:
    rows = 0
    try:
        yield format.start(columns).encode()
        found = map(Row._make, entries.values_list(*Row._fields).iterator(chunk_size=BATCH))
        while batch := list(islice(found, BATCH)):
            rows += len(batch)
            yield format.rows(columns, _values(batch, known)).encode()
    finally:
        event.detail["rows"] = rows
        event.save(update_fields=["detail"])


def _values(batch: Sequence[Row], known: Known) -> Iterator[Mapping[str, Any]]:
    known.meet(batch)
    sheets = reader().sheets({row.lead_id for row in batch})
    for row in batch:
        ticked = _ticked(sheets.get(row.lead_id), known.ticks[row.settings_id])
        yield {**ticked, **_own(row, known)}


def _ticked(sheet: Sheet | None, ticks: Ticks) -> dict[str, Any]:
    """What no key opens says so in its cells: an empty one would pass for a field without a value."""
    if sheet is None:
        return {}
    values, lost = sheet.readable_values(ticks)
    return {**values, **{column.key: _lost(column) for column in lost}} if lost else values


def _lost(column: Column) -> Any:
    text = Lost(_("cannot be opened"))
    return dict.fromkeys(ADDRESS_PARTS, text) if column.type == "address" else text


def _own(row: Row, known: Known) -> dict[str, Any]:
    return {
        "lead_id": str(row.lead_id),
        "portal.received_at": row.created_at,
        "portal.review": row.review,
        "portal.answered_at": row.answered_at,
        "portal.answered_by": known.people.get(row.answered_by_id or 0, ""),
        "portal.reason": row.reason,
        "portal.note": row.note,
    }


def _midnight(day: date, place: Place) -> datetime:
    return datetime.combine(day, time.min, place.zone)
