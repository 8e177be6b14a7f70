"""What stands in the way of a change to a field: leads that hold its values, rules that name it."""

from collections.abc import Iterator, Mapping

from django.db.models import prefetch_related_objects

from distribution.fields import FieldSpec
from distribution.models import Entity, Field, Lead, Profile
from distribution.rules import RuleErrors, compile_rules


def used_by_leads(field: Field) -> bool:
    """Whether a lead may hold a value of this saved field. Sealed values are not opened to see."""
    leads = Lead.objects.filter(entity_id=field.entity_id)
    if field.encrypted:
        return leads.filter(sealed__isnull=False).exists()
    return leads.filter(values__has_key=field.key).exists()


def broken_rules(entity: Entity, fields: Mapping[str, FieldSpec]) -> Iterator[tuple[str, str]]:
    """The saved rules of this entity that would not hold with `fields`: whose they are, and why."""
    for profile in Profile.objects.filter(entity=entity).prefetch_related("assignments__partner"):
        yield from ((str(profile), why) for why in _why(profile.rules, fields))
        for assignment in profile.assignments.all():
            yield from ((str(assignment), why) for why in _why(assignment.rules, fields))


def live_fields(entity: Entity) -> dict[str, FieldSpec]:
    """The entity's fields by key as they stand in the database, without archived ones; read once for it."""
    prefetch_related_objects([entity], "fields")
    return {row.key: FieldSpec.of(row) for row in entity.fields.all() if row.archived_at is None}


def _why(document: object, fields: Mapping[str, FieldSpec]) -> list[str]:
    try:
        compile_rules(document, fields)
    except RuleErrors as errors:
        return str(errors).splitlines()
    return []
