"""Leads by hour, entity and source: exact, caught up, and the same when counted twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest

from distribution import hourly, tasks
from distribution.models import Entity, HourlyLeads, Lead
from leadflip.kit import clock
from tests.factories import EntityFactory, LeadFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with mock.patch.object(clock, "now", return_value=moment):
        yield


def leads(entity: Entity, number: int, moment: datetime, **fields: object) -> None:
    for place in range(number):
        LeadFactory.create(entity=entity, created_at=moment + timedelta(milliseconds=place), **fields)


def sums() -> dict[tuple[int, int, str], tuple[int, int]]:
    rows = HourlyLeads.objects.all()
    return {(row.hour.hour, row.entity_id, row.source): (row.leads, row.unrouted) for row in rows}


def test_leads_are_counted_by_hour_entity_and_source() -> None:
    first, second = EntityFactory.create(), EntityFactory.create()
    leads(first, 2, NOON, source="web")
    leads(first, 1, NOON, source="web", routing="unmatched")
    leads(first, 1, NOON, source="fair")
    leads(second, 1, NOON - timedelta(milliseconds=1), source="web")
    leads(second, 5, NOON, source="web", test=True)
    wanted = {(12, first.pk, "web"): (3, 1), (12, first.pk, "fair"): (1, 0), (11, second.pk, "web"): (1, 0)}
    for minutes in (5, 5, 20):
        with at(NOON + timedelta(minutes=minutes)):
            assert tasks.count_hours() == 3
        assert sums() == wanted


def test_hours_without_a_worker_are_caught_up_and_old_ones_stay() -> None:
    entity = EntityFactory.create()
    leads(entity, 1, NOON, source="web")
    with at(NOON + timedelta(minutes=1)):
        hourly.count()
    leads(entity, 2, NOON + timedelta(minutes=50), source="web")
    leads(entity, 3, NOON + timedelta(hours=20), source="web")
    counted = hourly._count

    def killed(begin: datetime, end: datetime) -> int:
        if begin > NOON:
            raise SystemExit
        return counted(begin, end)

    with at(NOON + timedelta(hours=30)):
        with mock.patch.object(hourly, "_count", killed), pytest.raises(SystemExit):
            hourly.count()
        hourly.count()
    assert sums() == {(12, entity.pk, "web"): (3, 0), (8, entity.pk, "web"): (3, 0)}
    Lead.objects.all().delete()
    with at(NOON + timedelta(hours=40)):
        hourly.count()
    assert sum(row.leads for row in HourlyLeads.objects.all()) == 6
    with at(NOON + timedelta(days=100)):
        assert tasks.forget_hours() == 2


def test_without_a_lead_nothing_is_counted() -> None:
    assert hourly.count() == 0
