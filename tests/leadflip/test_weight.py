"""What every page costs with one row of everything and with fifty: queries, and kilobytes to load."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from delivery.models import Alert
from distribution.models import Entity
from distribution.services import save_profile
from partners.models import Partner
from portal.filters import sealed
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
    f.make_fields(entity, mail="email", **{f"a_field_{number}": "text" for number in range(rows)})
    profile = f.ProfileFactory.create(entity=entity)
    for number in range(rows):
        f.AssignmentFactory.create(profile=profile, priority=number)
        f.AssignmentFactory.create(profile__entity=entity, partner=partner, settings=None)
        f.MemberFactory.create(partner=partner)
        f.RetryPolicyFactory.create()
        f.ApiKeyFactory.create()
        BounceMailFactory.create()
        values = {"a_field_0": f"Person {number}", "mail": "person@example.com"}
        lead = f.LeadFactory.create(entity=entity, values=values)
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
    paths = [house.path(line.url) for line in read() if line.url.startswith(area)]
    for path in [*paths, *(searches(house) if role == "partner" else [])]:
        with quiet(), CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            yield path, sum("SAVEPOINT" not in query["sql"] for query in asked), answer.content.decode()


def searches(house: House) -> Iterator[str]:
    """The partner's feed by its filters, and searched: by text, by what could be a whole e-mail address."""
    owner = house.people.owner
    days = {"since": "2026-01-01", "until": "2999-12-31"}
    for text in ("", "Person", "person@example.com", "no such text"):
        typed = {"find": sealed(text, owner)} if text else {}
        yield reverse("portal:feed", query=typed)
        yield reverse("portal:feed", query={**typed, "entity": house.objects["entity"], **days})
    yield reverse("portal:feed", query={"review": "accepted", "find": sealed("Person", owner)})


@pytest.mark.parametrize("rows", [1, 50])
def test_pages_are_light(db: None, rows: int) -> None:
    house = filled(rows)
    heavy = []
    for role, area in (("admin", "/admin/"), ("partner", "/portal/"), ("partner", "/account/")):
        for path, asked, html in pages(house, role, area):
            size = len(gzip.compress(html.encode()))
            most = MOST_OF_DELETE if path.endswith("/delete/") else MOST_QUERIES
            if asked > most or size > PAGE:
                heavy.append(f"{path}: {asked} queries, {size} bytes")
            whole = size + sum(map(weight, set(LINKED.findall(html))))
            if area != "/admin/" and whole > PORTAL:
                heavy.append(f"{path}: {whole} bytes with what it loads")
    assert heavy == [], "\n".join(heavy)


def test_our_style_sheet_is_small() -> None:
    assert weight("app.css") <= STYLE


def weight(name: str) -> int:
    """A static file's bytes as they travel."""
    found = finders.find(name)
    assert isinstance(found, str), name
    return len(gzip.compress(Path(found).read_bytes()))
