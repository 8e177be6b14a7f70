"""The decision records and the jobs of one lead, written together."""

from collections.abc import Iterable
from datetime import datetime

from delivery.services import Placement, place
from distribution.models import Decision, Lead
from distribution.routing.case import CompiledProfile
from distribution.routing.decide import Decided, Pick


def write(
    lead: Lead, made: Iterable[tuple[CompiledProfile, Decided]], *, revision: int, at: datetime
) -> None:
    """One record a profile and one job a pick; the engines are woken at the commit.

    Raises IntegrityError if a profile has decided this lead already.
    """
    made = list(made)
    Decision.objects.bulk_create(
        Decision(
            lead=lead,
            profile_id=profile.profile_id,
            version=profile.version,
            revision=revision,
            verdicts=decided.verdicts,
            facts=decided.facts,
            at=at,
        )
        for profile, decided in made
    )
    picks = [_placement(profile, pick) for profile, decided in made for pick in decided.picks]
    place(lead_id=lead.pk, picks=picks, at=at)


def _placement(profile: CompiledProfile, pick: Pick) -> Placement:
    return Placement(
        assignment_id=pick.assignment_id,
        profile_version=profile.version,
        partner_id=pick.partner_id,
        settings_id=pick.settings_id,
        kind=pick.kind,
        policy_id=pick.policy_id,
        price=pick.price,
        currency=pick.currency,
    )
