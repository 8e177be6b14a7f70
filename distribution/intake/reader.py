"""Lead values for delivery and portal: the LeadReader that they know by its protocol."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BinaryField, Expression, F, Subquery, Value

from distribution import sample
from distribution.catalogue import EntitySpec, entities, entity_spec
from distribution.intake import search, store
from distribution.intake.about import About
from distribution.models import Lead
from distribution.models.lead import Routing, owner_of
from distribution.routing.why import why
from leadflip.kit import clock, crypto, jsonbytes
from leadflip.kit.ids import uuid7
from partners.models import Revision
from partners.sheet import Column, Cut, Sheet, Ticks

SEALED, NOTHING = F("sealed"), Value(None, BinaryField(null=True))


class _Row(NamedTuple):
    id: UUID
    entity_id: int
    created_at: datetime
    values: dict[str, Any]
    sealed: bytes | None
    erased_at: datetime | None
    revision: int


# Texts, since objects made of ids and values would take as long as all the rest of a file.
MANY = "SELECT id::text, values::text, sealed FROM distribution_lead WHERE id = ANY (%s::uuid[])"


class Reader:
    """One query a call; an entity's fields come from the process's catalogue."""

    def sheets(self, ids: Iterable[UUID], *, shut: bool = False) -> dict[UUID, Sheet]:
        """The sheets of these leads; unknown ids are left out. Nothing is unsealed yet, if `shut` never."""
        return _sheets(list(ids), NOTHING if shut else SEALED)

    def cut(self, ids: Sequence[str], cut: Cut) -> dict[str, tuple[dict[str, Any], Sequence[Column]]]:
        """What `cut` leaves of each of these leads; unknown ids are left out."""
        with connection.cursor() as cursor:
            cursor.execute(MANY, [f"{{{','.join(ids)}}}"])
            return {id: _cut(cut, id, values, sealed) for id, values, sealed in cursor}

    def columns(self, entity_id: int) -> tuple[Column, ...]:
        """The fields of one entity, in order, without archived ones."""
        return entity_spec(Revision.current(), entity_id).columns

    def entities(self, at: int | None = None) -> list[tuple[int, str]]:
        """The id and name of each entity, by name."""
        return [(entity.id, entity.name) for entity in entities(at or Revision.current()).values()]

    def recent(self, entity_ids: Iterable[int], most: int) -> list[Sheet]:
        """The latest leads of each of these entities, newest first, without tests and erased ones."""
        leads = Lead.objects.filter(test=False, erased_at=None).order_by("-id").values("id")
        newest = [leads.filter(entity=entity_id)[:most] for entity_id in entity_ids]
        sheets = _sheets(Lead.objects.none().values("id").union(*newest, all=True)) if newest else {}
        return [sheets[lead_id] for lead_id in sorted(sheets, reverse=True)]

    def examples(self, only: int | None = None, at: int | None = None) -> list[tuple[str, Sheet]]:
        """The name of each entity, or of one, with a made-up lead of it; stored nowhere."""
        known = entities(at or Revision.current()).values()
        return [(each.name, _example(each)) for each in known if only in (None, each.id)]

    def sample(self, entity_id: int) -> UUID:
        """Stores a made-up lead, marked as a test and routed to nobody; returns its id."""
        entity = entity_spec(Revision.current(), entity_id)
        lead = store.row(
            entity=entity,
            key=None,
            about=About(sample.SOURCE, test=True),
            cleaned=sample.values(entity),
            created_at=clock.now(),
            routing=Routing.NONE,
        )
        store.insert([(lead, [])])
        lead_id: UUID = lead["id"]
        return lead_id

    def search(self, text: str, limit: int) -> list[UUID]:
        """The newest leads, at most `limit`, whose e-mail or phone is exactly `text`; newest first."""
        return list(search.by_contact(text, limit))

    def known(self, text: str, limit: int, at: int | None = None) -> dict[UUID, set[str]]:
        """What `search` finds, with the keys of the fields in which it was found, encrypted ones too."""
        return search.by_contact(text, limit, at)

    def why(self, job_id: UUID, ticks: Ticks) -> str:
        """Why the job's partner got the lead, in its own terms alone; "" where nothing tells it."""
        return why(job_id, ticks)


def _sheets(ids: Any, sealed: Expression | F = SEALED) -> dict[UUID, Sheet]:
    """By ids, or by a query for them."""
    revision = Subquery(Revision.objects.values("number")[:1])
    rows = Lead.objects.filter(id__in=ids)
    listed = rows.values_list("id", "entity_id", "created_at", "values", sealed, "erased_at", revision)
    return {row.id: _sheet(row) for row in map(_Row._make, listed)}


def _cut(cut: Cut, lead_id: str, text: str, sealed: bytes | None) -> tuple[dict[str, Any], Sequence[Column]]:
    values = jsonbytes.read(text)
    if sealed and cut.encrypted:
        try:
            values |= crypto.unseal(owner_of(lead_id), sealed)["values"]
        except crypto.SealError:
            return cut.of(values), cut.encrypted
    return cut.of(values), ()


def _sheet(row: _Row) -> Sheet:
    entity = entity_spec(row.revision, row.entity_id)
    return Sheet(
        lead_id=row.id,
        entity_id=entity.id,
        entity=entity.slug,
        display_field=entity.display_field,
        created_at=row.created_at,
        columns=entity.columns,
        values=_known(entity, row.values),
        opener=_opener(entity, row.id, row.sealed),
        erased_at=row.erased_at,
    )


def _example(entity: EntitySpec) -> Sheet:
    made = sample.values(entity)
    return Sheet(
        lead_id=uuid7(now := clock.now()),
        entity_id=entity.id,
        entity=entity.slug,
        display_field=entity.display_field,
        created_at=now,
        columns=entity.columns,
        values={**made.values, **made.hidden},
    )


def _opener(
    entity: EntitySpec, lead_id: UUID, sealed: bytes | None
) -> Callable[[], Mapping[str, Any]] | None:
    return partial(_open, entity, lead_id, bytes(sealed)) if sealed else None


def _open(entity: EntitySpec, lead_id: UUID, sealed: bytes) -> Mapping[str, Any]:
    return _known(entity, crypto.unseal(owner_of(lead_id), sealed)["values"])


def _known(entity: EntitySpec, values: Mapping[str, Any]) -> Mapping[str, Any]:
    if values.keys() <= entity.fields.keys():
        return values
    return {key: value for key, value in values.items() if key in entity.fields}
