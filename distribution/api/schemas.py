"""What the API document says of requests and answers."""

from typing import Any, Literal

from ninja import Schema
from pydantic import Field


class AcceptedLead(Schema):
    """The lead is stored; it is routed already, or will be."""

    status: Literal["success"] = "success"
    lead_id: str = Field(description="The lead's id, a UUID version 7.")
    created_at: str = Field(
        description="When it was made: ISO 8601 in UTC.", examples=["2026-11-24T09:30:00.250Z"]
    )
    ignored: list[str] = Field(description="Names that mean no field of the entity.")
    duplicate: Literal["skipped", "updated"] | None = Field(
        default=None, description="There where the lead was known already: lead_id is that one's."
    )


class TakenRow(Schema):
    """What became of one lead of a batch."""

    row: int = Field(description="Its place in the batch, from 0.")
    status: Literal["success", "error"]
    lead_id: str | None = None
    created_at: str | None = None
    ignored: list[str] | None = None
    duplicate: Literal["skipped", "updated"] | None = None
    errors: dict[str, list[str]] | None = Field(default=None, description="Why nothing came of it, by field.")


class BulkAnswer(Schema):
    """Each lead of the batch was taken or refused on its own."""

    status: Literal["success"] = "success"
    accepted: int = Field(description="How many are stored, or were there already.")
    refused: int
    ignored: list[str] = Field(description="Names beside entity and batch that mean nothing.")
    results: list[TakenRow] = Field(description="One for each lead, in the order of the batch.")


class Delivery(Schema):
    """One partner's job of a lead."""

    job_id: str
    partner: str
    channel: str
    status: str
    price: str | None
    currency: str


class LeadStanding(Schema):
    """A lead and how far it came."""

    id: str
    entity: str = Field(description="Slug of its entity.")
    source: str
    status: str
    note: str
    test: bool
    created_at: str
    updated_at: str
    values: dict[str, Any] = Field(description="By field key; encrypted and sensitive ones are masked.")
    consent: dict[str, str]
    routing: str = Field(description="waiting, routed, unmatched (no partner took it) or none.")
    jobs: dict[str, int] = Field(
        description="How many of its jobs are queued, sending, retrying, delivered, failed or cancelled."
    )
    deliveries: list[Delivery] | None = Field(default=None, description="With the scope audit.")
    decisions: list[dict[str, Any]] | None = Field(default=None, description="With the scope audit.")


class LeadAnswer(Schema):
    """One lead."""

    status: Literal["success"] = "success"
    lead: LeadStanding


class FieldTold(Schema):
    """One field of an entity."""

    key: str
    label: str
    type: str
    required: bool
    encrypted: bool
    match: bool = Field(description="Whether leads are known again by it.")
    default: Any = None
    options: list[str] | None = None
    parts: list[str] | None = Field(default=None, description="Of an address.")


class EntityTold(Schema):
    """One kind of lead."""

    id: int
    slug: str
    name: str
    currency: str
    fields: list[FieldTold]


class EntitiesAnswer(Schema):
    """What the key may post."""

    status: Literal["success"] = "success"
    entities: list[EntityTold]


class TakenMail(Schema):
    """The mail is kept."""

    status: Literal["success"] = "success"
    kind: str = Field(description="What it is: failed, delayed, auto, other or unreadable.")
    effect: str = Field(
        description="What became of it: job_failed, recipient, noted, repeated, waiting, unmatched or forged."
    )


class Problem(Schema):
    """Nothing was stored."""

    status: Literal["error"] = "error"
    errors: dict[str, list[str]] = Field(
        description="Messages by field; `body`, `authorization` and `Idempotency-Key` stand for themselves."
    )


_LEAD: dict[str, Any] = {
    "type": "object",
    "required": ["entity"],
    "properties": {
        "entity": {"type": "string", "description": "Slug or id of the entity."},
        "source": {"type": "string", "maxLength": 100, "description": "Default: the source of the key."},
        "note": {"type": "string", "maxLength": 10000},
        "status": {"type": "string", "maxLength": 100, "default": "New"},
        "test": {
            "type": "boolean",
            "description": "Validated, stored and decided as any lead, marked as a test, and sent to nobody.",
        },
        "consent_text": {"type": "string", "maxLength": 10000, "description": "What the person agreed to."},
        "consent_at": {"type": "string", "description": "When: a date and time, UTC without a zone."},
        "consent_ip": {"type": "string", "description": "From which IP address."},
        "consent_url": {"type": "string", "description": "Where a certificate of it stands."},
    },
    "additionalProperties": {
        "description": "A field's key or label, ignoring case, spaces, `_` and `-`; "
        "`address.postcode` for one part of an address."
    },
}

INTAKE: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "schema": {"type": "string", "maxLength": 255},
            "description": "The same key gives the same answer for 24 hours and makes no second lead.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _LEAD},
            "application/x-www-form-urlencoded": {"schema": _LEAD},
            "multipart/form-data": {"schema": _LEAD},
        },
    },
}

_ROW: dict[str, Any] = {**_LEAD, "required": []}

BULK: dict[str, Any] = {
    "parameters": INTAKE["parameters"],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["entity", "batch"],
                    "properties": {
                        "entity": {"type": "string", "description": "Slug or id of the entity of all leads."},
                        "batch": {"type": "array", "minItems": 1, "maxItems": 1000, "items": _ROW},
                    },
                },
            }
        },
    },
}

BOUNCE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
    },
}
