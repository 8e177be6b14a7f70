"""What tests of caps, turns and failover share: profiles in force, leads routed, places looked up."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from delivery.engine import news
from delivery.models import Job
from distribution.models import Assignment, CapUse, Entity, Lead, Profile
from distribution.routing.route import route
from distribution.services import save_profile
from partners.models import DeliverySettings
from partners.models.revision import hold_shared
from partners.services import touch
from tests import factories as f


def in_force(*assignments: dict[str, Any], entity: Entity | None = None, **fields: Any) -> list[Assignment]:
    """A saved profile's assignments, in rank order. `caps` is for the assignment, `partner` a Partner."""
    profile = f.ProfileFactory.create(entity=entity or f.EntityFactory.create(), **fields)
    rows = [_assignment(profile, -place, **each) for place, each in enumerate(assignments)]
    save(profile)
    return rows


def _assignment(profile: Profile, priority: int, **fields: Any) -> Assignment:
    """A partner that comes twice keeps its one delivery."""
    partner = fields.pop("partner", None) or f.PartnerFactory.create()
    settings = DeliverySettings.objects.filter(partner=partner).first()
    fields["settings"] = settings or f.DeliverySettingsFactory.create(partner=partner)
    return f.AssignmentFactory.create(profile=profile, priority=priority, partner=partner, **fields)


def save(profile: Profile) -> None:
    """Puts the profile into force as the admin does."""
    with transaction.atomic():
        touch()
        save_profile(profile=profile, by=None)


def routed(entity: Entity, count: int = 1, **values: Any) -> list[Lead]:
    """So many new leads, each routed in a transaction of its own."""
    leads = []
    for _ in range(count):
        with transaction.atomic():
            hold_shared()
            lead = f.LeadFactory.create(entity=entity, values=values)
            route([lead], fresh=True)
        leads.append(lead)
    return leads


def placed(assignment: Assignment) -> int:
    """How many jobs the assignment has."""
    return Job.objects.filter(assignment=assignment).count()


def use(owner: Any) -> tuple[int, int, int, int]:
    """The places that are taken of a partner or an assignment."""
    column = "assignment" if isinstance(owner, Assignment) else "partner"
    row = CapUse.objects.get(**{column: owner})
    return (row.day_used, row.week_used, row.month_used, row.life_used)


def end(job: Job, status: str = "failed", **fields: Any) -> None:
    """Ends a job as the engine or an operator does, and tells it."""
    now: datetime = timezone.now()
    Job.objects.filter(pk=job.pk).update(
        status=status, next_attempt_at=None, settled_at=now, told=False, **fields
    )
    while news.tell().told:
        pass
