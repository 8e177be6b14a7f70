"""A partner with a webhook, whose people may look at its deliveries and act on them."""

from django.urls import reverse

from delivery.models import Job
from delivery.models.job import Status
from distribution import own_caps
from distribution.models import Assignment
from partners.caps import Caps, Own
from partners.models import May, Member, Partner
from tests.factories import MemberFactory, UserFactory
from tests.people import PASSWORD

NAME = "Sample CRM"


def permit(email: str) -> None:
    """Lets the partner do all that there is, and somebody in."""
    partner = Partner.objects.get(name=NAME)
    Partner.objects.filter(pk=partner.pk).update(may=May.values)
    user = UserFactory.create(email=email, name="Ivo Baker", password=PASSWORD)
    MemberFactory.create(user=user, partner=partner, role=Member.Role.OWNER)


def failed() -> str:
    """The page of a delivery that failed."""
    job = Job.objects.filter(partner__name=NAME, status=Status.FAILED, test=False).earliest("id")
    return reverse("own_deliveries:one", args=[job.pk])


def capped() -> str:
    """The page of its caps, one lowered by itself."""
    row = Assignment.objects.filter(partner__name=NAME, enabled=True).earliest("id")
    own_caps.save(
        partner=row.partner, assignment=row, own=Own(Caps(day=20)), by=row.partner.members.latest("id").user
    )
    return reverse("own_caps")
