"""The document of a profile's version: all that deciding reads of it, as JSON.

The fields that its rules compare stand in it too, so a version decides the same for ever, whatever
becomes of the entity. How a partner is and how it is reached are not of the version: see `World`.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from distribution.fields import FieldSpec
from distribution.routing.case import CompiledProfile, Seat
from distribution.routing.hours import Hours
from distribution.rules import RulesDoc, compile_rules
from distribution.rules.compile import Pool
from partners.caps import Caps

if TYPE_CHECKING:
    from distribution.models import Assignment, Profile


class FieldDocument(TypedDict):
    """A field as it was when the version was saved."""

    label: str
    type: str
    options: list[str]
    country: str


class AssignmentDocument(TypedDict):
    """One assignment. `price`: a decimal number, None for the base price."""

    id: int
    partner_id: int
    enabled: bool
    priority: int
    rules: RulesDoc
    price: str | None
    settings_id: int | None
    weight: NotRequired[int]
    caps: NotRequired[list[int | None]]
    hours: NotRequired[dict[str, Any]]
    closed: NotRequired[str]
    pacing: NotRequired[bool]


class ProfileDocument(TypedDict):
    """What ProfileVersion.document holds. `assignments` are in rank order, `fields` by key.

    `partners`: what they were called, by id as text.
    """

    strategy: str
    base_price: str
    currency: str
    policy_id: int | None
    rules: RulesDoc
    sold_limit: NotRequired[int | None]
    failover: NotRequired[bool]
    fields: dict[str, FieldDocument]
    assignments: list[AssignmentDocument]
    partners: NotRequired[dict[str, str]]


def profile_document(
    profile: "Profile",
    assignments: Iterable["Assignment"],
    fields: Mapping[str, FieldSpec],
    names: Mapping[int, str] | None = None,
) -> ProfileDocument:
    """The document of these rows, the assignments brought into rank order here.

    `fields`: the specs of the entity's fields by key; `names`: what the partners are called, by id.
    Raises RuleErrors when rules do not fit the fields.
    """
    ranked = sorted(assignments, key=lambda each: (-each.priority, each.created_at, each.pk))
    compiled = [compile_rules(rules, fields) for rules in (profile.rules, *(each.rules for each in ranked))]
    used = {target.field for rules in compiled for target in rules.targets}
    return {
        "strategy": profile.strategy,
        "base_price": str(profile.base_price),
        "currency": profile.entity.currency,
        "policy_id": profile.policy_id,
        "rules": profile.rules,
        "sold_limit": profile.sold_limit,
        "failover": profile.failover,
        "fields": {key: _field(spec) for key, spec in fields.items() if key in used},
        "assignments": [_assignment(each) for each in ranked],
        "partners": {str(number): name for number, name in sorted((names or {}).items())},
    }


def field_specs(document: ProfileDocument) -> dict[str, FieldSpec]:
    """The fields that the document's rules compare, by key."""
    return {
        key: FieldSpec(
            key, each["label"], each["type"], options=tuple(each["options"]), country=each["country"]
        )
        for key, each in document["fields"].items()
    }


def compile_profile(document: ProfileDocument, *, profile_id: int, version: int) -> CompiledProfile:
    """The version of a saved document, ready to decide."""
    fields = field_specs(document)
    pool: Pool = {}
    base_price = Decimal(document["base_price"])
    return CompiledProfile(
        profile_id=profile_id,
        version=version,
        strategy=document["strategy"],
        currency=document["currency"],
        policy_id=document["policy_id"],
        rules=compile_rules(document["rules"], fields, pool),
        seats=tuple(_seat(each, fields, base_price, pool) for each in document["assignments"]),
        sold_limit=document.get("sold_limit"),
        failover=document.get("failover", False),
    )


def _field(spec: FieldSpec) -> FieldDocument:
    return {
        "label": str(spec.label),
        "type": spec.type,
        "options": list(spec.options),
        "country": spec.country,
    }


def _assignment(assignment: "Assignment") -> AssignmentDocument:
    return {
        "id": assignment.pk,
        "partner_id": assignment.partner_id,
        "enabled": assignment.enabled,
        "priority": assignment.priority,
        "rules": assignment.rules,
        "price": None if assignment.price is None else str(assignment.price),
        "settings_id": assignment.settings_id,
        "weight": assignment.weight,
        "caps": list(assignment.caps),
        "hours": assignment.hours,
        "closed": assignment.closed,
        "pacing": assignment.pacing,
    }


def _seat(
    document: AssignmentDocument, fields: Mapping[str, FieldSpec], base_price: Decimal, pool: Pool
) -> Seat:
    return Seat(
        id=document["id"],
        partner_id=document["partner_id"],
        enabled=document["enabled"],
        rules=compile_rules(document["rules"], fields, pool),
        price=base_price if document["price"] is None else Decimal(document["price"]),
        settings_id=document["settings_id"],
        weight=document.get("weight", 1),
        caps=Caps(*document.get("caps", ())),
        hours=Hours.read(document.get("hours", {})),
        hold=document.get("closed") == "hold",
        pacing=document.get("pacing", False),
    )
