"""The entities with their fields, as intake, routing and the lead reader see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from distribution.by_revision import ByRevision
from distribution.fields.base import FieldSpec
from distribution.intake.names import Names
from distribution.models import Entity, Field
from partners.sheet import Column


@dataclass(frozen=True)
class EntitySpec:
    """One entity without its tables; archived fields are left out."""

    id: int
    slug: str
    name: str
    currency: str
    display_field: str
    fields: Mapping[str, FieldSpec]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The fields in order, for sheets."""
        return tuple(Column(spec.key, spec.label, spec.type, spec.encrypted) for spec in self.fields.values())

    @cached_property
    def names(self) -> Names:
        """What a lead source may call the fields."""
        return Names(self.fields.values())


def entity_spec(revision: int, entity_id: int) -> EntitySpec:
    """One entity at `revision`: two queries when it is new, none after. Raises Entity.DoesNotExist."""
    return _specs.get(revision, entity_id)


def slugs(revision: int) -> Mapping[str, int]:
    """The ids of all entities by slug: a query when the revision is new, none after."""
    return _slugs.get(revision, None)


def find(revision: int, name: str) -> EntitySpec | None:
    """The entity whose slug or id `name` is; a slug goes before an id."""
    known = slugs(revision)
    entity_id = known.get(name)
    if entity_id is None and _is_id(name):
        entity_id = next((known_id for known_id in known.values() if known_id == int(name)), None)
    return None if entity_id is None else entity_spec(revision, entity_id)


def _is_id(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 20


def _build(entity_id: int) -> EntitySpec:
    entity = Entity.objects.get(id=entity_id)
    fields = Field.objects.filter(entity=entity_id, archived_at=None).select_related("entity")
    specs = {field.key: FieldSpec.of(field) for field in fields}
    return EntitySpec(entity.pk, entity.slug, entity.name, entity.currency, entity.display_field, specs)


def _list(_key: None) -> Mapping[str, int]:
    return dict(Entity.objects.values_list("slug", "id"))


_specs: ByRevision[int, EntitySpec] = ByRevision(_build)
_slugs: ByRevision[None, Mapping[str, int]] = ByRevision(_list)
