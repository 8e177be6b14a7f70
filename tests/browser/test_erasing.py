"""An admin erases a person in a browser, from the lead's page to the report; both pages by axe."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from distribution.models import Erasure, Lead
from partners.models import Revision
from tests import factories as f
from tests.browser.barriers import no_barriers
from tests.browser.conftest import Opener
from tests.browser.test_admin import enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_admin_erases_a_person_and_keeps_the_report(open_page: Opener, live_server: LiveServer) -> None:
    entity = f.EntityFactory.create(slug="solar", display_field="name")
    f.make_fields(entity, name="text")
    lead = f.LeadFactory.create(entity=entity, values={"name": "Ana Maria"})
    job = f.JobFactory.create(lead=lead, delivered=True)
    f.AttemptBodyFactory.create(attempt=f.AttemptFactory.create(job=job))
    Revision.bump()
    page = open_page()
    enter(page, live_server, f.UserFactory.create(admin=True))
    no_barriers(page, _way(page, live_server.url, lead))
    expect(page.get_by_role("heading", name="Erasure", exact=True)).to_be_visible()
    expect(page.locator("#erasing-now")).to_contain_text("Finished")
    expect(page.get_by_role("cell", name=job.partner.name)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the report").click()
    report = download.value.path().read_text()
    assert job.partner.name in report
    assert "Ana Maria" not in report
    assert Lead.objects.get().values == {}
    page.get_by_role("link", name=str(lead.pk)).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Erased on")


def _way(page: Page, site: str, lead: Lead) -> Iterator[str]:
    page.goto(site + reverse("admin:distribution_lead_change", args=[lead.pk]))
    page.get_by_role("link", name="Erase…").click()
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("heading", name="What goes")).to_be_visible()
    page.get_by_role("button", name="Erase the chosen leads").click()
    expect(page.get_by_text("it cannot be undone").first).to_be_visible()
    assert not Erasure.objects.exists()
    yield "find, with an error"
    page.get_by_label("Type ERASE to confirm").fill("ERASE")
    page.get_by_role("button", name="Erase the chosen leads").click()
    page.get_by_role("heading", name="What went").wait_for()
    yield "report"
