"""Leads as rows: open values as JSON, the encrypted ones sealed together, match values as digests."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from distribution.catalogue import EntitySpec
from distribution.intake.about import About
from distribution.intake.digests import Keyed
from distribution.intake.validate import Cleaned
from distribution.models import ApiKey, Lead
from distribution.models.lead import Routing
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

# As a row is read: by names a model takes twice as long to make.
COLUMNS = [field.attname for field in Lead._meta.concrete_fields]
UNTOUCHED = {
    "sealed": None,
    "sealed_key": "",
    "routing_due": None,
    "routing_tries": 0,
    "routing_error": "",
    "erased_at": None,
}


def build(
    *,
    entity: EntitySpec,
    key: ApiKey | None,
    about: About,
    cleaned: Cleaned,
    created_at: datetime,
    routing: Routing,
) -> Lead:
    """The lead as its row will be, stored nowhere yet. A test has no digests: nobody is a duplicate of it."""
    given: dict[str, Any] = {
        **UNTOUCHED,
        "id": uuid7(created_at),
        "entity_id": entity.id,
        "values": cleaned.values,
        "raw": cleaned.raw,
        "source": about.source,
        "api_key_id": key and key.pk,
        "status": about.status,
        "note": about.note,
        "consent": about.consent,
        "routing": routing,
        "test": about.test,
        "keyed_as": "" if about.test else entity.mark,
        "created_at": created_at,
        "updated_at": created_at,
    }
    lead = Lead.from_db(None, COLUMNS, [given[name] for name in COLUMNS])
    lead.put_sealed(cleaned.hidden, cleaned.hidden_raw)
    return lead


def insert(leads: Sequence[tuple[Lead, Sequence[Keyed]]]) -> None:
    """Stores leads with their digests in one statement.

    One that stands as routed is routed by whoever inserts it, before the commit.
    """
    script = Script()
    script.add(*statement(leads))
    script.run()


def statement(leads: Sequence[tuple[Lead, Sequence[Keyed]]]) -> tuple[Fixed, dict[str, str]]:
    """What `insert` sends, with its parameters."""
    keys = [
        {"lead_id": str(lead.id), "field_id": key.field_id, "digest": key.digests[0].hex()}
        for lead, keyed in leads
        if not lead.test
        for key in keyed
    ]
    rows = jsonbytes.written([_row(lead) for lead, _keys in leads]).decode()
    return STORE, {"leads": rows, "keys": jsonbytes.written(keys).decode()}


def _row(lead: Lead) -> dict[str, Any]:
    return {
        "id": str(lead.id),
        "entity_id": lead.entity_id,
        "values": lead.values,
        "raw": lead.raw,
        "sealed": None if lead.sealed is None else b64encode(lead.sealed).decode(),
        "sealed_key": lead.sealed_key,
        "source": lead.source,
        "api_key_id": lead.api_key_id,
        "status": lead.status,
        "note": lead.note,
        "consent": dict(lead.consent),
        "test": lead.test,
        "routing": lead.routing,
        "keyed_as": lead.keyed_as,
        "created_at": lead.created_at.isoformat(),
    }
