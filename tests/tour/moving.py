"""Another partner of the sample profile, to whom what failed could go."""

from uuid import UUID

from django.db import transaction
from django.urls import reverse

from distribution.models import Assignment, Profile
from distribution.services import save_profile
from partners.models import Partner
from partners.models.settings import Kind
from partners.services import save_settings, touch

NAME = "Evening shift"


def one(job_id: UUID) -> str:
    """The address of whom the lead of this job could go to."""
    _other()
    return reverse("move:job", args=[job_id])


def many() -> str:
    """The address of what would come of moving all that is not delivered."""
    crm = Partner.objects.get(name="Sample CRM")
    return f"{reverse('move:jobs')}?partner={crm.pk}&last=24h&to={_other().pk}"


@transaction.atomic
def _other() -> Partner:
    partner, made = Partner.objects.get_or_create(name=NAME, defaults={"zone": "Europe/Berlin"})
    if made:
        touch()
        partner.default_settings = save_settings(
            partner=partner,
            kind=Kind.PORTAL,
            config={},
            secrets={},
            policy=None,
            everything=True,
            per_entity={},
        )
        partner.save(update_fields=["default_settings"])
        profile = Profile.objects.get()
        Assignment.objects.create(profile=profile, partner=partner, priority=5)
        save_profile(profile=profile, by=None)
    return partner
