"""The entities with their fields, as intake, routing and the lead reader see them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from distribution.by_revision import ByRevision
from distribution.fields.base import FieldSpec
from distribution.intake import digests
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
    duplicates: Mapping[str, str]
    duplicate_days: int | None

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The fields in order, for sheets."""
        return tuple(
            Column(spec.key, spec.label, spec.type, spec.encrypted, spec.sensitive)
            for spec in self.fields.values()
        )

    @cached_property
    def keyed(self) -> tuple[FieldSpec, ...]:
        """The fields whose values are kept as digests, match keys first."""
        return digests.taking_part(self.fields)

    @cached_property
    def mark(self) -> str:
        """How digests of its leads are made."""
        return digests.mark(self.keyed)

    @cached_property
    def names(self) -> Names:
        """What a lead source may call the fields."""
        return Names(self.fields.values())


def entities(revision: int) -> Mapping[int, EntitySpec]:
    """All entities by id, by name: two queries when the revision is new, however many, none after."""
    return _entities.get(revision, None)


def newest() -> int:
    """The revision at which this process read the entities last; 0 before the first time."""
    return _entities.revision


def entity_spec(revision: int, entity_id: int) -> EntitySpec:
    """One entity at `revision`, or one made without a revision of its own. Raises Entity.DoesNotExist."""
    if entity_id not in entities(revision):
        # A lead that names it is proof enough to read them once more.
        _entities.forget()
    try:
        return entities(revision)[entity_id]
    except KeyError:
        raise Entity.DoesNotExist(f"There is no entity {entity_id}.") from None


def slugs(revision: int) -> Iterable[str]:
    """The slugs of all entities."""
    return (entity.slug for entity in entities(revision).values())


def find(revision: int, name: str) -> EntitySpec | None:
    """The entity whose slug or id `name` is; a slug goes before an id."""
    known = entities(revision)
    named = next((entity for entity in known.values() if entity.slug == name), None)
    return known.get(int(name)) if named is None and _is_id(name) else named


def _is_id(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 20


def _build(_key: None) -> Mapping[int, EntitySpec]:
    fields: defaultdict[int, dict[str, FieldSpec]] = defaultdict(dict)
    for field in Field.objects.filter(archived_at=None).select_related("entity"):
        fields[field.entity_id][field.key] = FieldSpec.of(field)
    return {
        each.pk: EntitySpec(
            id=each.pk,
            slug=each.slug,
            name=each.name,
            currency=each.currency,
            display_field=each.display_field,
            fields=fields[each.pk],
            duplicates=each.duplicates,
            duplicate_days=each.duplicate_days,
        )
        for each in Entity.objects.order_by("name", "id")
    }


_entities: ByRevision[None, Mapping[int, EntitySpec]] = ByRevision(_build)
