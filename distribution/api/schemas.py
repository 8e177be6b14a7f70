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
            "application/json": {
                "schema": _LEAD,
                "example": {"entity": "solar-lead", "first_name": "Ana", "address": {"postcode": "80331"}},
            },
            "application/x-www-form-urlencoded": {"schema": _LEAD},
            "multipart/form-data": {"schema": _LEAD},
        },
    },
}

BOUNCE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
    },
}
