"""The decision records and the jobs of leads, written together."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from delivery.services import Placement, place
from distribution.models import Decision
from distribution.models.routing import Cause
from distribution.routing.case import CompiledProfile
from distribution.routing.decide import Decided, Pick


class Made(NamedTuple):
    """One decision of one lead. `seq`: which of this profile's about it, from 1."""

    lead_id: UUID
    profile: CompiledProfile
    decided: Decided
    seq: int = 1
    cause: str = Cause.NEW


def write(made: Sequence[Made], *, revision: int, at: datetime) -> None:
    """One record a decision and one job a pick; the engines are woken at the commit.

    Raises IntegrityError if a profile has decided a lead already.
    """
    Decision.objects.bulk_create([_decision(each, revision, at) for each in made])
    place([_placement(each, pick) for each in made for pick in each.decided.picks], at=at)


def _decision(made: Made, revision: int, at: datetime) -> Decision:
    return Decision(
        lead_id=made.lead_id,
        profile_id=made.profile.profile_id,
        seq=made.seq,
        cause=made.cause,
        version=made.profile.version,
        revision=revision,
        verdicts=made.decided.text,
        facts=made.decided.facts,
        at=at,
    )


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
