"""Whether a lead is there already, exact also where two equal ones arrive in the same millisecond.

Who may create a lead holds its match digests until the commit, so an equal lead waits and then finds
it. Whoever stores many at once holds the whole entity instead, for the short time of writing them: a
thousand leads would fill the server's table of locks.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from distribution.catalogue import EntitySpec
from distribution.intake.digests import Keyed
from distribution.intake.origin import Origin
from distribution.models.entity import OnDuplicate
from leadflip.kit import clock
from leadflip.kit.ids import first_of
from leadflip.kit.script import Fixed, Script

# An entity's lock: this number above the entity's id.
GATE = 0x4C46_0002 << 32

# The newest lead of each value: one step in the unique key over field, digest and lead.
FIND = Fixed("""
SELECT given.field_id, given.digest, newest.lead_id
FROM unnest(%(fields)s::bigint[], %(digests)s::bytea[]) AS given (field_id, digest)
CROSS JOIN LATERAL (
    SELECT row.lead_id FROM distribution_leadkey row
    WHERE row.field_id = given.field_id AND row.digest = given.digest AND row.lead_id >= %(oldest)s::uuid
    ORDER BY row.lead_id DESC LIMIT 1
) AS newest
""")

# By field and digest, the lead that has the value.
Known = dict[tuple[int, bytes], UUID]


def action(entity: EntitySpec, origin: Origin) -> OnDuplicate:
    """What becomes of a lead that is there already."""
    return origin.on_duplicate or OnDuplicate(entity.duplicates.get(origin.way, OnDuplicate.SKIP))


def matching(keys: Iterable[Keyed]) -> list[Keyed]:
    """The match keys among them, in their order."""
    return [key for key in keys if key.order is not None]


def find(entity: EntitySpec, keys: Sequence[Keyed], script: Script) -> UUID | None:
    """The lead that is the same as one with these keys; holds their digests until the transaction ends.

    Sends `script` with it, if there is anything to look for.
    """
    match = matching(keys)
    if not match:
        return None
    _hold(script, entity, match)
    _find(script, entity, match)
    return same(match, _known(script.run()))


def hold_all(entity: EntitySpec) -> None:
    """Keeps every other lead of the entity with match keys out until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_gate(entity)])


def known(entity: EntitySpec, match: Sequence[Keyed]) -> Known:
    """The leads that have these values, within the entity's window."""
    script = Script()
    _find(script, entity, match)
    return _known(script.run())


def same(match: Sequence[Keyed], found: Mapping[tuple[int, bytes], UUID]) -> UUID | None:
    """The first match key of the lead that another one has decides."""
    for key in match:
        leads = [found[key.field_id, digest] for digest in key.digests if (key.field_id, digest) in found]
        if leads:
            return max(leads)
    return None


def _find(script: Script, entity: EntitySpec, match: Sequence[Keyed]) -> None:
    pairs = [(key.field_id, digest) for key in match for digest in key.digests]
    fields, values = [field for field, _ in pairs], [digest for _, digest in pairs]
    script.add(FIND, {"fields": fields, "digests": values, "oldest": _oldest(entity)})


def _known(rows: Iterable[tuple[Any, ...]]) -> Known:
    return {(field, bytes(digest)): lead for field, digest, lead in rows}


def _hold(script: Script, entity: EntitySpec, match: Sequence[Keyed]) -> None:
    numbers = sorted({int.from_bytes(digest[:8], signed=True) for key in match for digest in key.digests})
    calls = ["pg_advisory_xact_lock_shared(%s)", *["pg_advisory_xact_lock(%s)"] * len(numbers)]
    script.add(f"SELECT {', '.join(calls)}", [_gate(entity), *numbers])


def _gate(entity: EntitySpec) -> int:
    return GATE | (entity.id & 0xFFFF_FFFF)


def _oldest(entity: EntitySpec) -> UUID:
    days = entity.duplicate_days
    return first_of(clock.now() - timedelta(days=days)) if days else UUID(int=0)
