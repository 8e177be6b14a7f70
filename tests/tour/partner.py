"""The portal of the sample installation, as its partners see it."""

from collections.abc import Iterable

from django.urls import reverse
from playwright.sync_api import Page

from distribution.models import Lead
from leadflip.kit import clock
from leadflip.run.sample.demo import PARTNER
from partners.models import Partner, User
from portal import services
from portal.models import Entry
from tests.tour import own, people
from tests.tour.scene import Scene

NAME = "Sample portal"


def scenes() -> list[Scene]:
    """Made when they are asked for."""
    erased = Lead.objects.exclude(erased_at=None).values("pk")
    waiting = Entry.objects.filter(partner__name=NAME, review="pending").exclude(lead_id__in=erased)
    pending = waiting.latest("id")
    answered = Entry.objects.filter(partner__name=NAME).exclude(review="pending")
    reject, feed = "Reject…", reverse("portal:feed")
    return [
        Scene("portal-feed", feed, "partner"),
        Scene("portal-lead", reverse("portal:lead", args=[pending.pk]), "partner"),
        Scene(
            "portal-reject",
            reverse("portal:lead", args=[pending.pk]),
            "partner",
            lambda page: page.get_by_text(reject).click(),
        ),
        Scene("portal-rejected", f"{feed}?review=rejected", "partner"),
        Scene("portal-returned", f"{feed}?review=returned", "partner"),
        Scene("portal-bulk", feed, "partner", _tick),
        Scene("portal-meanwhile", f"{feed}?skipped={','.join(_ids(answered))}", "partner"),
        Scene("portal-found", feed, "partner", _find),
        Scene("portal-csv", reverse("portal:csv"), "partner"),
        Scene("portal-history", reverse("portal:activity"), "partner"),
        Scene(
            "portal-history-filtered",
            reverse("portal:activity", query={"kind": "accepted", "since": "2026-01-01"}),
            "partner",
        ),
        Scene("portal-answers", reverse("own_answers"), "partner"),
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
    """One lead is accepted, one rejected, one returned."""
    person = User.objects.get(email=PARTNER)
    Partner.objects.filter(name=NAME).update(return_days=14)
    first, second, third = Entry.objects.filter(partner__name=NAME).order_by("id")[:3]
    for entry, given in (
        (first, {"review": "accepted"}),
        (second, {"review": "rejected", "reason": "out_of_area", "note": "Too far north for us."}),
        (third, {"review": "accepted"}),
        (third, {"review": "returned", "reason": "unreachable", "note": "Five calls, no answer."}),
    ):
        services.viewed(entry=entry, user=person, at=clock.now())
        services.answer(entry_id=entry.pk, partner_id=entry.partner_id, user=person, at=clock.now(), **given)


def _ids(entries: Iterable[Entry]) -> list[str]:
    return [str(entry.pk) for entry in entries]


def _tick(page: Page) -> None:
    """Two leads, to be rejected with a reason."""
    for box in page.get_by_role("checkbox", name="Select ").all()[-2:]:
        box.check()
    page.get_by_text("Reject selected…").click()


def _find(page: Page) -> None:
    page.get_by_label("Find by text").fill("lead 6")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_text("Filters", exact=True).click()


def opened(page: Page) -> None:
    """With what was sent and answered."""
    page.get_by_role("button", name="Show what was sent and answered").click()
    page.locator("#request-body").wait_for()
