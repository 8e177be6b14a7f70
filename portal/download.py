"""A partner's leads of one entity as a stream of CSV, and the event that tells of it."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from leadflip.kit.ids import first_of
from partners.models import DeliverySettings, User
from partners.sheet import ADDRESS_PARTS, Column, Cut, Ticks, reader
from portal.access import Place
from portal.csvfile import Format, Heading, field_headings, own_headings
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


# What a file tells of an entry, as texts: ids and times that were made objects would be made texts again.
READ = (
    Cast("lead_id", TextField()),
    Cast("created_at", TextField()),
    "review",
    Cast("answered_at", TextField()),
    "answered_by_id",
    "reason",
    "note",
    "settings_id",
)


class Known:
    """What many rows share, read once: what settings leave of values, and people's names."""

    def __init__(self, entity_id: int) -> None:
        self.entity_id = entity_id
        self.cuts: dict[int, Cut] = {}
        self.people: dict[int, str] = {}

    def meet(self, settings: Iterable[int], people: Iterable[int | None]) -> None:
        """Reads what is new of these."""
        if new := set(settings) - self.cuts.keys():
            columns = reader().columns(self.entity_id)
            for each in DeliverySettings.objects.filter(id__in=new):
                ticks = Ticks.of(each.everything, each.per_entity, self.entity_id)
                self.cuts[each.id] = Cut(ticks, columns)
        if strangers := {person for person in people if person} - self.people.keys():
            self.people.update((person.id, str(person)) for person in User.objects.filter(id__in=strangers))


def _pieces(
    entries: QuerySet[Entry], headings: Sequence[Heading], format: Format, event: EntryEvent, known: Known
) -> Generator[bytes, None, None]:
    rows = 0
    try:
        yield format.start(headings).encode()
        found = entries.values_list(*READ).iterator(chunk_size=BATCH)
        while batch := list(islice(found, BATCH)):
            rows += len(batch)
            yield format.rows(headings, _columns(headings, batch, known)).encode()
    finally:
        event.detail["rows"] = rows
        event.save(update_fields=["detail"])


def _columns(headings: Sequence[Heading], batch: Sequence[Any], known: Known) -> Iterator[Sequence[Any]]:
    leads, received, review, answered_at, answered_by, reason, note, settings = zip(*batch, strict=True)
    known.meet(settings, answered_by)
    own = {
        "lead_id": leads,
        "portal.received_at": received,
        "portal.review": review,
        "portal.answered_at": answered_at,
        "portal.answered_by": [known.people.get(person or 0, "") for person in answered_by],
        "portal.reason": reason,
        "portal.note": note,
    }
    values = _values(leads, settings, known)
    return (own[each.key] if each.key in own else each.of(values) for each in headings)


def _values(leads: Sequence[str], settings: Sequence[int], known: Known) -> list[Mapping[str, Any]]:
    """Each lead's ticked values by key; of a lead that is gone, none."""
    found: dict[tuple[int, str], Mapping[str, Any]] = {}
    for row in set(settings):
        ids = [lead for lead, own in zip(leads, settings, strict=True) if own == row]
        cut = reader().cut(ids, known.cuts[row])
        found.update(((row, id), _told(*each)) for id, each in cut.items())
    return [found.get(each, {}) for each in zip(settings, leads, strict=True)]


def _told(values: dict[str, Any], lost: Sequence[Column]) -> Mapping[str, Any]:
    """What no key opens says so in its cells: an empty one would pass for a field without a value."""
    return {**values, **{column.key: _lost(column) for column in lost}} if lost else values


def _lost(column: Column) -> Any:
    text = _("cannot be opened")
    return dict.fromkeys(ADDRESS_PARTS, text) if column.type == "address" else text


def _midnight(day: date, place: Place) -> datetime:
    return datetime.combine(day, time.min, place.zone)
