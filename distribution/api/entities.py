"""GET /api/entities: what a key may post, field by field."""

from typing import Any

from ninja import Router

from distribution.api.auth import KeyAuth
from distribution.api.intake import KeyedRequest
from distribution.api.methods import refuse_others
from distribution.api.schemas import EntitiesAnswer, Problem
from distribution.catalogue import EntitySpec, entities
from distribution.fields.base import FieldSpec
from partners.models import Revision
from partners.sheet import ADDRESS_PARTS

router = Router(tags=["Entities"])


@router.get(
    "/entities",
    auth=KeyAuth(),
    response={200: EntitiesAnswer, (401, 429, 500, 503): Problem},
    exclude_unset=True,
    summary="List entities with their fields",
    operation_id="get_entities",
)
def get_entities(request: KeyedRequest) -> dict[str, Any]:
    """The entities that this key may post to, by name."""
    allowed = request.auth.entity_ids
    found = [each for each in entities(Revision.current()).values() if not allowed or each.id in allowed]
    return {"status": "success", "entities": [_entity(each) for each in found]}


def _entity(entity: EntitySpec) -> dict[str, Any]:
    return {
        "id": entity.id,
        "slug": entity.slug,
        "name": entity.name,
        "currency": entity.currency,
        "fields": [_field(spec) for spec in entity.fields.values()],
    }


def _field(spec: FieldSpec) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": spec.key,
        "label": spec.label,
        "type": spec.type,
        "required": spec.required,
        "encrypted": spec.encrypted,
        "match": spec.match is not None,
    }
    if spec.default is not None:
        told["default"] = spec.default
    if spec.options:
        told["options"] = list(spec.options)
    if spec.type == "address":
        told["parts"] = list(ADDRESS_PARTS)
    return told


refuse_others(router, "/entities", "GET")
