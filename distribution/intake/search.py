"""Leads by what somebody knows of a person: the whole e-mail address or phone number, through digests.

It is brought into normal form as it was when the lead came in, field by field: a number without country
code is one of the field's own country.
"""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from distribution.catalogue import EntitySpec, entities
from distribution.fields import TYPES, FieldError, FieldSpec
from distribution.intake.digests import ALWAYS, Keyed, keyed
from leadflip.kit.script import Script
from partners.models import Revision

# By the unique key over field, digest and lead: a few steps in it for each digest.
FIND = """
SELECT lead_id, array_agg(DISTINCT field_id)
FROM unnest(%(fields)s::bigint[], %(digests)s::bytea[]) AS given (field_id, digest)
CROSS JOIN LATERAL (
    SELECT row.lead_id FROM distribution_leadkey row
    WHERE row.field_id = given.field_id AND row.digest = given.digest ORDER BY lead_id DESC LIMIT %(most)s
) AS found
GROUP BY lead_id ORDER BY lead_id DESC LIMIT %(most)s
"""


def by_contact(text: str, limit: int, at: int | None = None) -> dict[UUID, set[str]]:
    """The newest leads whose e-mail or phone is `text`, newest first, each with the keys of those fields.

    Encrypted fields take part. `at`: the revision, where it was read already.
    """
    given = list(keyed_as_contact(text, ALWAYS, at))
    if not given:
        return {}
    names = {spec.id: spec.key for entity, _key in given for spec in entity.keyed}
    keys = [key for _entity, key in given]
    pairs = [(key.field_id, digest) for key in keys for digest in key.digests]
    script = Script()
    fields, digests = [field for field, _digest in pairs], [digest for _field, digest in pairs]
    script.add(FIND, {"fields": fields, "digests": digests, "most": limit})
    return {lead: {names[field] for field in found} for lead, found in script.run()}


def keyed_as_contact(
    text: str, types: Collection[str], at: int | None = None
) -> Iterator[tuple[EntitySpec, Keyed]]:
    """The digests in each field of these types that may hold `text`, in the normal form of that field."""
    for entity in entities(at or Revision.current()).values():
        for spec in entity.keyed:
            value = _normal(spec, text) if spec.type in types else None
            if value is not None:
                yield from ((entity, key) for key in keyed([spec], {spec.key: value}, {spec.key: value}))


def _normal(spec: FieldSpec, text: str) -> Any:
    try:
        return TYPES[spec.type].parse(text, spec)
    except FieldError:
        return None
