"""A partner with a webhook, whose people may look at its deliveries and act on them."""

from django.urls import reverse
from playwright.sync_api import Page

from delivery import addresses
from delivery.models import Job
from delivery.models.job import Status
from distribution import own_caps
from distribution.models import Assignment
from partners.caps import Caps, Own
from partners.models import DeliverySettings, May, Member, Partner
from partners.models.settings import Kind
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


def asked() -> str:
    """The admin's page of addresses, with one that the partner asks for."""
    row = DeliverySettings.objects.get(partner__name=NAME, kind=Kind.WEBHOOK, scope="")
    by = row.partner.members.latest("id").user
    addresses.ask(row=row, url="https://crm.example.com/leads", by=by)
    return reverse("delivery:addresses")


def typed(page: Page) -> None:
    """Another address, read over."""
    page.get_by_label("New address").fill("https://leads.example.net/solar")
    page.get_by_role("button", name="See what will change").click()
    page.get_by_role("button", name="Ask for approval").wait_for()


def capped() -> str:
    """The page of its caps, one lowered by itself."""
    row = Assignment.objects.filter(partner__name=NAME, enabled=True).earliest("id")
    own_caps.save(
        partner=row.partner, assignment=row, own=Own(Caps(day=20)), by=row.partner.members.latest("id").user
    )
    return reverse("own_caps")
