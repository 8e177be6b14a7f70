"""Finds a partner's leads: by its filters, and by text in the cells that are ticked for it.

No other cell is read, so nobody can find out by searching what it holds. A page looks through so many leads,
newest first, and says where it stopped: a partner with a million waits no longer than one with thousands.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Case, ExpressionWrapper, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from leadflip.kit.ids import instant
from leadflip.kit.paging import SIZE, Page
from partners.sheet import Column, Sheet, Ticks, reader
from portal.filters import FeedFilter
from portal.models import Entry
from portal.reading import open_only, ticks_of
from portal.values import text_of

# Leads that a page looks through: their cells, or their own columns alone.
DEEP, WIDE = 1000, 10_000
# Leads that may have one e-mail address or phone number.
MOST = 200
LEAST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Found:
    """The entries, newest first. `reached`: how far it looked, where there is more to look through.

    `exact`: they have the whole e-mail address or phone number that was looked for, and are all that do.
    `sheets`: those that were read for it.
    """

    page: Page[Entry]
    reached: datetime | None = None
    exact: bool = False
    sheets: Mapping[UUID, Sheet] = field(default_factory=dict)


class _Row(NamedTuple):
    """What a search needs of an entry."""

    id: UUID
    lead_id: UUID
    settings_id: int
    everything: bool
    per_entity: Mapping[str, Any] | None
    fits: bool


def find(rows: QuerySet[Entry], form: FeedFilter, older: str) -> Found:
    """What the valid form leaves of one partner's `rows`, below the id `older` if there is one."""
    edge = _id(older)
    if form.text and edge is None and (known := _known(rows.filter(form.wanted), form)):
        return Found(Page(known), exact=True)
    rows = form.between(rows.filter(pk__lt=edge) if edge else rows).order_by("-pk")
    return _holding(rows, form) if form.text else _fitting(rows, form)


def _known(rows: QuerySet[Entry], form: FeedFilter) -> list[Entry]:
    """Those whose ticked e-mail address or phone number is the text, encrypted or not."""
    fields = reader().known(form.text, MOST, form.revision)
    # Asked for nobody's, too: how long the answer takes tells nothing of what others have.
    entries = _whole(rows.filter(lead_id__in=[LEAST, *fields])).order_by("-pk")[:SIZE]
    return [entry for entry in entries if any(ticks_of(entry).covers(key) for key in fields[entry.lead_id])]


def _fitting(rows: QuerySet[Entry], form: FeedFilter) -> Found:
    """By the filters alone."""
    floor = Coalesce(Subquery(rows.values("pk")[WIDE - 1 : WIDE]), Value(LEAST))
    entries = list(_whole(rows.filter(form.wanted, pk__gte=floor))[: SIZE + 1])
    full = len(entries) > SIZE
    return _found(entries, [] if full else list(rows.values_list("pk", flat=True)[WIDE - 1 : WIDE + 1]))


def _holding(rows: QuerySet[Entry], form: FeedFilter) -> Found:
    """By the text in cells, and by the filters."""
    fits = ExpressionWrapper(form.wanted, output_field=BooleanField())
    # Where everything is ticked, what else the settings hold is not sent.
    chosen = Case(When(settings__everything=False, then="settings__per_entity"))
    listed = rows.values_list("id", "lead_id", "settings_id", "settings__everything", chosen, fits)
    looked = [_Row._make(row) for row in listed[: DEEP + 1]]
    inside = [row for row in looked[:DEEP] if row.fits]
    sheets, holds = reader().sheets([row.lead_id for row in inside], shut=True), _holds(form.text)
    ids = [row.id for row in inside if (sheet := sheets.get(row.lead_id)) and holds(row, sheet)]
    entries = list(_whole(rows.filter(pk__in=ids[: SIZE + 1])))
    return _found(entries, [row.id for row in looked[DEEP - 1 :]], sheets)


def _holds(text: str) -> Callable[[_Row, Sheet], bool]:
    """Whether a cell that the entry's list may show holds the text, in any case of letters."""
    wanted, kinds = text.casefold(), dict[tuple[int, int], tuple[Ticks, Sequence[Column]]]()

    def holds(row: _Row, sheet: Sheet) -> bool:
        kind = (row.settings_id, sheet.entity_id)
        if kind not in kinds:
            kinds[kind] = _shown(row, sheet)
        ticks, columns = kinds[kind]
        return any(
            wanted in text_of(column.type, ticks.value(column, sheet.values[column.key])).casefold()
            for column in columns
            if column.key in sheet.values
        )

    return holds


def _shown(row: _Row, sheet: Sheet) -> tuple[Ticks, Sequence[Column]]:
    ticks = Ticks.of(row.everything, row.per_entity or {}, sheet.entity_id)
    ticks = open_only(ticks, sheet.columns)
    return ticks, [column for column in sheet.columns if ticks.shows(column)]


def _found(entries: list[Entry], last: Sequence[UUID], sheets: Mapping[UUID, Sheet] | None = None) -> Found:
    """`last`: the last id that was looked at, and one more where there is more."""
    read = sheets or {}
    if len(entries) > SIZE:
        return Found(Page(entries[:SIZE], older=str(entries[SIZE - 1].pk)), sheets=read)
    floor = last[0] if len(last) > 1 else None
    page = Page(entries, older=str(floor or ""))
    return Found(page, reached=instant(floor) if floor else None, sheets=read)


def _whole(rows: QuerySet[Entry]) -> QuerySet[Entry]:
    return rows.select_related("settings", "answered_by")


def _id(text: str) -> UUID | None:
    try:
        edge: UUID | None = Entry._meta.pk.to_python(text or None)
    except ValidationError:
        return None
    return edge
