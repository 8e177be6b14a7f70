"""What distribution watches: caps, leads that reach nobody, sources that fall silent, keys that are old."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from delivery.models import Alert
from distribution import tasks
from distribution.models import ApiKey, CapUse, HourlyLeads, Lead
from distribution.watching import caps, keys, leads, sources
from distribution.watching.sources import key_of
from leadflip.kit import clock
from partners.models import Partner
from tests.factories import (
    ApiKeyFactory,
    AssignmentFactory,
    DeliverySettingsFactory,
    EntityFactory,
    LeadFactory,
    PartnerFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 20, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def told() -> dict[str, tuple[str, str]]:
    rows = Alert.objects.filter(closed_at=None)
    return {alert.key: (alert.name, alert.text) for alert in rows}


def test_caps_that_are_full() -> None:
    today = timezone.now().date()
    counted = {"day": today, "week": today, "month": today}
    partner, nearly = PartnerFactory.create(name="Acme"), PartnerFactory.create()
    Partner.objects.filter(pk__in=[partner.pk, nearly.pk]).update(cap_day=10)
    CapUse.objects.create(partner=nearly, day_used=9, **counted)
    use = CapUse.objects.create(partner=partner, day_used=10, **counted)
    seat = AssignmentFactory.create(cap_week=3)
    CapUse.objects.create(assignment=seat, week_used=3, **counted)
    assert caps.look() == 2
    assert told() == {
        f"cap:partner:{partner.pk}": ("Acme", "10 of 10 today."),
        f"cap:assignment:{seat.pk}": (f"{seat.partner.name} · {seat.profile.name}", "3 of 3 this week."),
    }
    CapUse.objects.filter(pk=use.pk).update(day_used=9)
    assert tasks.watch() == 0
    assert f"cap:partner:{partner.pk}" not in told()


def test_leads_that_reach_nobody(desk: Client) -> None:
    solar, roof = EntityFactory.create(name="Solar"), EntityFactory.create(name="Roof")
    LeadFactory.create(entity=solar, routing="unmatched")
    LeadFactory.create(entity=solar, routing="unmatched")
    LeadFactory.create(entity=roof, routing="unmatched", created_at=clock.now() - timedelta(minutes=61))
    LeadFactory.create(entity=roof, routing="unmatched", test=True)
    LeadFactory.create(entity=roof, waiting=True, routing_tries=2)
    LeadFactory.create(entity=solar, waiting=True)
    assert leads.unrouted() + leads.stuck() == 2
    assert told() == {
        f"unrouted:{solar.pk}": ("Solar", "2 leads of the last hour matched no partner."),
        f"stuck:{roof.pk}": ("Roof", "1 lead could not be routed yet; it is tried again by itself."),
    }
    page = desk.get("/admin/delivery/alerts/").content.decode()
    for routing, entity in (("unmatched", solar), ("waiting", roof)):
        link = f"/admin/distribution/lead/?entity__id__exact={entity.pk}&routing__exact={routing}"
        assert link.replace("&", "&amp;") in page
        assert desk.get(link).status_code == 200
    Lead.objects.update(routing="routed", routing_due=None)
    tasks.watch()
    assert told() == {}


def came(source: str, *hours_ago: float, leads: int = 5) -> None:
    """So many leads, in the hours that long before noon."""
    entity = EntityFactory.create()
    for hours in hours_ago:
        hour = NOON.replace(minute=0) - timedelta(hours=hours)
        HourlyLeads.objects.create(hour=hour, entity=entity, source=source, leads=leads, unrouted=0)


def test_sources_from_which_nothing_arrives() -> None:
    week, two = 7 * 24, 14 * 24
    came("web", week + 2, two + 1, 5)
    came("night", week + 20, two + 9)
    came("sends", week + 2, two + 2, 0)
    came("once", week + 1)
    came("rare", week + 1, two + 1, leads=4)
    came("later", week - 1, two - 1, 30)
    came("import", week + 1, two + 1)
    with time_machine.travel(NOON, tick=False):
        assert tasks.watch_sources() == 2
        assert told() == {
            key_of("web"): ("web", "Nothing for 3 hours; in the same hours a week ago 5 leads came."),
            key_of("night"): ("night", "Nothing for 24 hours; in the same hours a week ago 5 leads came."),
        }
    with time_machine.travel(NOON + timedelta(hours=9), tick=False):
        tasks.watch_sources()
    assert key_of("web") in told()
    came("web", -9)
    with time_machine.travel(NOON + timedelta(hours=9, minutes=5), tick=False):
        tasks.watch_sources()
    assert key_of("web") not in told()
    with time_machine.travel(NOON + 15 * DAY, tick=False):
        sources.look()
    assert told() == {}


def test_keys_that_are_old(settings: Settings, desk: Client) -> None:
    old, young, gone = (ApiKeyFactory.create(name=name) for name in ("Old", "Young", "Gone"))
    year = clock.now() - 366 * DAY
    ApiKey.objects.filter(pk__in=[old.pk, gone.pk]).update(created_at=year)
    ApiKey.objects.filter(pk=gone.pk).update(revoked_at=clock.now())
    seat = AssignmentFactory.create()
    rows = {"": year, f"assignment:{seat.pk}": year, "test:1": year, f"assignment:{seat.pk + 1}": clock.now()}
    partner = PartnerFactory.create(name="Acme")
    for scope, made in rows.items():
        row = DeliverySettingsFactory.create(partner=partner, scope=scope, config={"signing": True})
        row.put_secrets({"signing": [{"secret": "whsec_c2VjcmV0", "until": None, "made": made.isoformat()}]})
        row.save()
    assert tasks.watch_keys() == 3
    assert {key: name for key, (name, _text) in told().items()} == {
        f"key:{old.pk}": str(old),
        f"secret:partner:{partner.pk}": "Acme: signing secret",
        f"secret:assignment:{seat.pk}": "Acme: signing secret",
    }
    page = desk.get("/admin/delivery/alerts/").content.decode()
    for link in (
        f"/admin/distribution/apikey/{old.pk}/change/",
        f"/admin/partners/partner/{partner.pk}/change/",
        f"/admin/distribution/assignment/{seat.pk}/change/",
    ):
        assert f'href="{link}"' in page
    assert "whsec" not in page
    settings.KEY_DAYS = 0
    assert (keys.look(), told()) == (0, {})
    assert young.pk
