"""What every page costs with one row of everything and with fifty: queries, and kilobytes to load."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from delivery.models import Alert
from distribution.models import Entity
from distribution.services import save_profile
from partners.models import Partner
from tests import factories as f
from tests.leadflip.doors import House, quiet, read
from tests.mail_factories import BounceMailFactory

MOST_QUERIES = 10
# Django asks every table that a deleted row could take rows along from, one by one.
MOST_OF_DELETE = 18
PAGE, PORTAL, STYLE = 30_000, 100_000, 15_000
LINKED = re.compile(r'(?:src|href)="/static/([^"?]+\.(?:css|js))"')


def filled(rows: int) -> House:
    """A house with so many rows of all that a page lists."""
    house = House()
    partner = Partner.objects.get(pk=house.objects["partner"])
    partner.default_settings = partner.delivery_settings.get(kind="portal")
    partner.save()
    entity = Entity.objects.get(pk=house.objects["entity"])
    f.make_fields(entity, **{f"a_field_{number}": "text" for number in range(rows)})
    profile = f.ProfileFactory.create(entity=entity)
    for number in range(rows):
        f.AssignmentFactory.create(profile=profile, priority=number)
        f.AssignmentFactory.create(profile__entity=entity, partner=partner, settings=None)
        f.MemberFactory.create(partner=partner)
        f.RetryPolicyFactory.create()
        f.ApiKeyFactory.create()
        BounceMailFactory.create()
        lead = f.LeadFactory.create(entity=entity, values={"a_field_0": f"Person {number}"})
        f.JobFactory.create(lead=lead, assignment=profile.assignments.last(), failed=True)
        entry = f.EntryFactory.create(lead=lead, partner=partner, settings=partner.default_settings)
        f.EntryEventFactory.create(entry=entry)
        Alert.objects.create(kind="lane_open", key=Alert.key_of(f.DeliverySettingsFactory.create().pk))
    save_profile(profile=profile, by=None)
    house.objects.update(profile=profile.pk, assignment=partner.assignments.latest("id").pk)
    return house


def pages(house: House, role: str, area: str) -> Iterator[tuple[str, int, str]]:
    """Each page of an area that this role opens, with its queries."""
    client = house.client(role)
    # What is read once for a revision of the configuration costs no page of it again.
    for url in ("/admin/partners/partner/<path:object_id>/change/", "/admin/move/<uuid:job_id>/"):
        client.get(house.path(url))
    for path in (house.path(line.url) for line in read() if line.url.startswith(area)):
        with quiet(), CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            yield path, sum("SAVEPOINT" not in query["sql"] for query in asked), answer.content.decode()


@pytest.mark.parametrize("rows", [1, 50])
def test_pages_are_light(db: None, rows: int) -> None:
    house = filled(rows)
    heavy = []
    for role, area in (("admin", "/admin/"), ("partner", "/portal/")):
        for path, asked, html in pages(house, role, area):
            size = len(gzip.compress(html.encode()))
            most = MOST_OF_DELETE if path.endswith("/delete/") else MOST_QUERIES
            if asked > most or size > PAGE:
                heavy.append(f"{path}: {asked} queries, {size} bytes")
            whole = size + sum(map(weight, set(LINKED.findall(html))))
            if area == "/portal/" and whole > PORTAL:
                heavy.append(f"{path}: {whole} bytes with what it loads")
    assert heavy == [], "\n".join(heavy)


def test_our_style_sheet_is_small() -> None:
    assert weight("app.css") <= STYLE


def weight(name: str) -> int:
    """A static file's bytes as they travel."""
    found = finders.find(name)
    assert isinstance(found, str), name
    return len(gzip.compress(Path(found).read_bytes()))
