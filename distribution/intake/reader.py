"""Lead values for delivery and portal: the LeadReader that they know by its protocol."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Subquery

from distribution import sample
from distribution.catalogue import EntitySpec, entity_spec
from distribution.intake import store
from distribution.intake.store import About
from distribution.models import Entity, Lead, Profile
from distribution.models.lead import owner_of
from distribution.routing.why import why
from leadflip.kit import clock, crypto
from leadflip.kit.ids import uuid7
from partners.models import Revision
from partners.sheet import Column, Sheet, Ticks


class _Row(NamedTuple):
    id: UUID
    entity_id: int
    created_at: datetime
    values: dict[str, Any]
    sealed: bytes | None
    revision: int


class Reader:
    """One query a call; an entity's fields come from the process's catalogue."""

    def sheets(self, ids: Iterable[UUID]) -> dict[UUID, Sheet]:
        """The sheets of these leads; unknown ids are left out. Nothing is unsealed yet."""
        rows = Lead.objects.filter(id__in=list(ids)).annotate(
            revision=Subquery(Revision.objects.values("number")[:1])
        )
        listed = rows.values_list("id", "entity_id", "created_at", "values", "sealed", "revision")
        return {row.id: _sheet(row) for row in map(_Row._make, listed)}

    def columns(self, entity_id: int) -> tuple[Column, ...]:
        """The fields of one entity, in order, without archived ones."""
        return entity_spec(Revision.current(), entity_id).columns

    def entities(self) -> list[tuple[int, str]]:
        """The id and name of each entity, by name."""
        return list(Entity.objects.order_by("name", "id").values_list("id", "name"))

    def recent(self, entity_ids: Iterable[int], most: int) -> list[Sheet]:
        """The latest leads of each of these entities, newest first, without tests; one query for the ids."""
        leads = Lead.objects.filter(test=False).order_by("-id").values("id")
        newest = [leads.filter(entity=entity_id)[:most] for entity_id in entity_ids]
        ids = [row["id"] for row in Lead.objects.none().values("id").union(*newest, all=True)]
        sheets = self.sheets(ids) if ids else {}
        return [sheets[lead_id] for lead_id in sorted(sheets, reverse=True)]

    def examples(self, entity_ids: Iterable[int]) -> dict[int, Sheet]:
        """A made-up lead of each entity, by its id; stored nowhere."""
        revision = Revision.current()
        return {entity_id: _example(entity_spec(revision, entity_id)) for entity_id in entity_ids}

    def sample(self, entity_id: int) -> UUID:
        """Stores a made-up lead, marked as a test and routed to nobody; returns its id."""
        entity = entity_spec(Revision.current(), entity_id)
        lead = store.insert(
            entity=entity,
            key=None,
            about=About(sample.SOURCE),
            cleaned=sample.values(entity),
            created_at=clock.now(),
            test=True,
        )
        return lead.id

    def profiles_with(self, partner_id: int) -> int:
        """How many profiles use the partner's own delivery settings."""
        own = Profile.objects.filter(assignments__partner=partner_id, assignments__settings=None)
        return own.distinct().count()

    def why(self, job_id: UUID, ticks: Ticks) -> str:
        """Why the job's partner got the lead, in its own terms alone; "" where nothing tells it."""
        return why(job_id, ticks)


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
