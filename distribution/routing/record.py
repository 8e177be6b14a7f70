"""The decision records and the jobs of leads, written together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from delivery.services import Placement, add_placing
from distribution.models.routing import Cause
from distribution.routing.case import CompiledProfile
from distribution.routing.decide import Decided, Pick
from leadflip.kit import jsonbytes
from leadflip.kit.script import Fixed, Script


class Made(NamedTuple):
    """One decision of one lead. `seq`: which of this profile's about it, from 1. A `test` makes no job."""

    lead_id: UUID
    profile: CompiledProfile
    decided: Decided
    seq: int = 1
    cause: str = Cause.NEW
    test: bool = False


# One JSON text for all rows, as with their jobs.
WRITE = Fixed("""
INSERT INTO distribution_decision (lead_id, profile_id, seq, cause, version, revision, verdicts, facts, at)
SELECT lead_id, profile_id, seq, cause, version, %(revision)s::bigint, verdicts, facts,
    %(at)s::timestamptz
FROM json_to_recordset(%(made)s::json) AS made (
    lead_id uuid, profile_id bigint, seq smallint, cause text, version int, verdicts jsonb, facts jsonb)
""")


def write(script: Script, made: Sequence[Made], *, revision: int, at: datetime) -> list[UUID]:
    """Adds one record a decision and one job a pick; the engines are woken at the commit.

    Returns the jobs' ids, in the order of the picks.

    The script raises IntegrityError if a profile has decided a lead already.
    """
    if made:
        rows = jsonbytes.written([_row(each) for each in made]).decode()
        script.add(WRITE, {"made": rows, "revision": revision, "at": at})
    return add_placing(
        script,
        [_placement(each, pick) for each in made if not each.test for pick in each.decided.picks],
        at=at,
    )


def _row(made: Made) -> dict[str, Any]:
    return {
        "lead_id": made.lead_id,
        "profile_id": made.profile.profile_id,
        "seq": made.seq,
        "cause": made.cause,
        "version": made.profile.version,
        "verdicts": made.decided.text,
        "facts": made.decided.facts,
    }


def _placement(made: Made, pick: Pick) -> Placement:
    return Placement(
        lead_id=made.lead_id,
        assignment_id=pick.assignment_id,
        profile_version=made.profile.version,
        partner_id=pick.partner_id,
        settings_id=pick.settings_id,
        kind=pick.kind,
        policy_id=pick.policy_id,
        price=pick.price,
        currency=pick.currency,
        counted_on=pick.counted_on,
        due=pick.due,
    )
