"""The portal of the sample installation, as its partners see it."""

from django.urls import reverse
from playwright.sync_api import Page

from leadflip.kit import clock
from leadflip.run.sample.demo import PARTNER
from partners.models import User
from portal import services
from portal.models import Entry
from tests.tour import own, people
from tests.tour.scene import Scene

NAME = "Sample portal"


def scenes() -> list[Scene]:
    """Made when they are asked for."""
    pending = Entry.objects.filter(partner__name=NAME, review="pending").latest("id")
    reject = "Reject…"
    return [
        Scene("portal-feed", reverse("portal:feed"), "partner"),
        Scene("portal-lead", reverse("portal:lead", args=[pending.pk]), "partner"),
        Scene(
            "portal-reject",
            reverse("portal:lead", args=[pending.pk]),
            "partner",
            lambda page: page.get_by_text(reject).click(),
        ),
        Scene("portal-rejected", f"{reverse('portal:feed')}?review=rejected", "partner"),
        Scene("portal-csv", reverse("portal:csv"), "partner"),
        Scene("portal-history", reverse("portal:activity"), "partner"),
        Scene("portal-deliveries", reverse("own_deliveries:index"), "crm"),
        Scene("portal-delivery", own.failed(), "crm", opened),
        Scene("portal-address", reverse("own_deliveries:address"), "crm", own.typed),
        Scene("portal-new-secret", reverse("own_deliveries:secret"), "crm"),
        Scene("portal-caps", own.capped(), "crm"),
        Scene("portal-signatures", reverse("portal_signatures"), "partner"),
        Scene("portal-account", reverse("portal:account"), "partner"),
        *people.scenes(),
    ]


def answer() -> None:
    """One lead is accepted, one rejected."""
    person = User.objects.get(email=PARTNER)
    first, second = Entry.objects.filter(partner__name=NAME).order_by("id")[:2]
    for entry, given in (
        (first, {"review": "accepted"}),
        (second, {"review": "rejected", "reason": "out_of_area", "note": "Too far north for us."}),
    ):
        services.viewed(entry=entry, user=person, at=clock.now())
        services.answer(entry_id=entry.pk, partner_id=entry.partner_id, user=person, at=clock.now(), **given)


def opened(page: Page) -> None:
    """With what was sent and answered."""
    page.get_by_role("button", name="Show what was sent and answered").click()
    page.locator("#request-body").wait_for()
