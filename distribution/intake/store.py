"""Leads as rows: open values as JSON, the encrypted ones sealed together, match values as digests."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from distribution.catalogue import EntitySpec
from distribution.intake.about import About
from distribution.intake.digests import Keyed
from distribution.intake.validate import Cleaned
from distribution.models import ApiKey
from distribution.models.lead import Routing, seal_of
from leadflip.kit import jsonbytes
from leadflip.kit.ids import uuid7
from leadflip.kit.script import Fixed, Script

# One JSON text for all rows: an object and a parameter a column cost several times the row itself. A
# lead that waits is due at once, by the database's clock.
STORE = Fixed("""
WITH given AS (SELECT * FROM json_to_recordset(%(leads)s::json) AS given (
    id uuid, entity_id bigint, "values" jsonb, raw jsonb, sealed text, sealed_key text, source text,
    api_key_id bigint, status text, note text, consent jsonb, test bool, routing text, keyed_as text,
    created_at timestamptz)
), stored AS (
    INSERT INTO distribution_lead (
        id, entity_id, "values", raw, sealed, sealed_key, source, api_key_id, status, note, consent, test,
        routing, routing_due, routing_tries, routing_error, keyed_as, created_at, updated_at)
    SELECT id, entity_id, "values", raw, decode(sealed, 'base64'), sealed_key, source, api_key_id, status,
        note, consent, test, routing, CASE routing WHEN 'waiting' THEN statement_timestamp() END, 0, '',
        keyed_as, created_at, created_at
    FROM given
)
INSERT INTO distribution_leadkey (lead_id, field_id, digest)
SELECT lead_id, field_id, decode(digest, 'hex')
FROM json_to_recordset(%(keys)s::json) AS key (lead_id uuid, field_id bigint, digest text)
""")

# The columns of a lead that is not stored yet, by name.
Row = Mapping[str, Any]


def row(
    *,
    entity: EntitySpec,
    key: ApiKey | None,
    about: About,
    cleaned: Cleaned,
    created_at: datetime,
    routing: Routing,
) -> Row:
    """A new lead, stored nowhere yet. A test has no digests: nobody is a duplicate of it."""
    id = uuid7(created_at)
    seal, key_name = seal_of(id, cleaned.hidden, cleaned.hidden_raw)
    return {
        "id": id,
        "entity_id": entity.id,
        "values": cleaned.values,
        "raw": cleaned.raw,
        "sealed": seal,
        "sealed_key": key_name,
        "source": about.source,
        "api_key_id": key and key.pk,
        "status": about.status,
        "note": about.note,
        "consent": about.consent,
        "test": about.test,
        "routing": routing,
        "keyed_as": "" if about.test else entity.mark,
        "created_at": created_at,
    }


@dataclass(slots=True)
class Fresh:
    """What routing asks of a lead that is not stored yet; the model's objects cost as much as deciding."""

    pk: UUID
    entity_id: int
    values: dict[str, Any]
    test: bool
    routing: str
    routing_due: datetime | None = None
    routing_tries: int = 0


def lead(row: Row) -> Fresh:
    """The lead as routing will see it."""
    return Fresh(row["id"], row["entity_id"], row["values"], row["test"], row["routing"])


def insert(rows: Sequence[tuple[Row, Sequence[Keyed]]]) -> None:
    """Stores leads with their digests in one statement.

    One that stands as routed is routed by whoever inserts it, before the commit.
    """
    script = Script()
    script.add(*statement(rows))
    script.run()


def statement(rows: Sequence[tuple[Row, Sequence[Keyed]]]) -> tuple[Fixed, dict[str, str]]:
    """What `insert` sends, with its parameters."""
    leads = [{**row, "sealed": _text(row["sealed"])} for row, _keys in rows]
    keys = [
        {"lead_id": row["id"], "field_id": key.field_id, "digest": key.digests[0].hex()}
        for row, keyed in rows
        if not row["test"]
        for key in keyed
    ]
    return STORE, {"leads": jsonbytes.written(leads).decode(), "keys": jsonbytes.written(keys).decode()}


def _text(sealed: bytes | None) -> str | None:
    return None if sealed is None else b64encode(sealed).decode()
