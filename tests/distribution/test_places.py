"""Places over midnight, changed zones and crossed locks: none is held for ever, none is taken twice."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction

from delivery.engine import news
from delivery.models import Job
from delivery.services import resend
from distribution.models import Assignment, CapUse, Turn
from partners.caps import PERIODS
from partners.models import Partner
from partners.services import touch
from tests import factories as f
from tests.distribution.capped import end, in_force, placed, routed, save, use
from tests.distribution.test_caps import at_once

# The last moment of a day, a week and a month in UTC.
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
BEFORE, AFTER = MIDNIGHT - timedelta(seconds=1), MIDNIGHT + timedelta(seconds=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def move(partner: Partner, zone: str) -> None:
    """Sets a partner's zone as the admin does."""
    with transaction.atomic():
        touch()
        partner.zone = zone
        partner.save()


def counted() -> list[date | None]:
    return list(Job.objects.order_by("id").values_list("counted_on", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("owner", ["partner", "assignment"])
def test_router_behind_the_others_at_midnight_takes_a_place_that_comes_back(
    clock: time_machine.Traveller, period: str, owner: str
) -> None:
    """It waited for a lock over midnight, or its clock is behind."""
    caps = {f"cap_{period}": 2}
    (row,) = in_force({"partner": f.PartnerFactory.create(**caps)} if owner == "partner" else caps)
    clock.move_to(AFTER)
    routed(row.profile.entity)
    clock.move_to(BEFORE)
    routed(row.profile.entity, 3)
    assert placed(row) == 2
    assert counted() == [MIDNIGHT.date()] * 2
    end(Job.objects.order_by("-id")[0])
    clock.move_to(AFTER)
    routed(row.profile.entity, 3)
    assert Job.objects.filter(counted_on__isnull=False).count() == 2
    owned = row.partner if owner == "partner" else row
    assert use(owned) == (2, 2, 2, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("first_count", [True, False])
def test_zone_moved_to_the_west_loses_and_gives_no_place(
    clock: time_machine.Traveller, first_count: bool
) -> None:
    """Auckland has had June's first day for half a day when UTC begins it."""
    partner = f.PartnerFactory.create(zone="Pacific/Auckland", cap_day=None if first_count else 3)
    (row,) = in_force({"partner": partner})
    routed(row.profile.entity, 2)
    if first_count:
        partner.cap_day = 3
    move(partner, "UTC")
    routed(row.profile.entity, 3)
    assert (counted(), use(partner)[0]) == ([MIDNIGHT.date()] * 3, 3)
    for job in Job.objects.order_by("-id")[:2]:
        end(job)
    assert use(partner) == (1, 1, 1, 1)
    clock.move_to(AFTER)
    routed(row.profile.entity, 4)
    assert (placed(row), use(partner)[0]) == (5, 3)
    for job in Job.objects.filter(counted_on__isnull=False):
        end(job)
    assert use(partner) == (0, 0, 0, 0)


@pytest.mark.django_db
def test_zone_moved_to_the_east_begins_the_day_at_once(clock: time_machine.Traveller) -> None:
    partner = f.PartnerFactory.create(cap_day=1)
    (row,) = in_force({"partner": partner})
    routed(row.profile.entity, 2)
    move(partner, "Pacific/Auckland")
    routed(row.profile.entity, 2)
    assert (placed(row), use(partner)) == (2, (1, 1, 1, 2))
    end(Job.objects.earliest("counted_on"))
    assert use(partner) == (1, 1, 1, 1)


@pytest.mark.django_db
def test_resent_behind_the_others_takes_a_place_that_comes_back(clock: time_machine.Traveller) -> None:
    (row,) = in_force({"cap_week": 2})
    clock.move_to(AFTER)
    routed(row.profile.entity, 2)
    job = Job.objects.order_by("id")[0]
    end(job)
    clock.move_to(BEFORE)
    resend(job_id=job.pk)
    assert (counted()[0], use(row)) == (MIDNIGHT.date(), (2, 2, 2, 2))
    end(job)
    assert use(row) == (1, 1, 1, 1)


@pytest.mark.django_db
def test_week_and_month_count_on_over_a_day(clock: time_machine.Traveller) -> None:
    """Monday the 1st begins all three; the days after it begin only one."""
    (row,) = in_force({"cap_month": 3})
    for days, used in ((1, (1, 1, 1, 1)), (2, (1, 2, 2, 2)), (8, (1, 1, 3, 3)), (9, (0, 0, 3, 3))):
        clock.move_to(MIDNIGHT + timedelta(days=days))
        routed(row.profile.entity)
        assert placed(row) == min(used[3], 3)
        if used[0]:
            assert use(row) == used
    clock.move_to(datetime(2026, 7, 1, tzinfo=UTC))
    routed(row.profile.entity)
    assert use(row)[2:] == (1, 4)


@pytest.mark.django_db
def test_deleted_member_takes_its_places_and_its_credit_along() -> None:
    rows = in_force({"cap_life": 5}, {}, {}, strategy="round_robin")
    profile = rows[0].profile
    save_without(rows[0])
    routed(profile.entity, 4)
    assert [placed(row) for row in rows[1:]] == [2, 2]
    assert not CapUse.objects.exists()
    assert set(Turn.objects.get().state) == {str(row.pk) for row in rows[1:]}


def save_without(row: Assignment) -> None:
    with transaction.atomic():
        touch()
        Assignment.objects.filter(pk=row.pk).delete()
        save(row.profile)


@contextmanager
def telling() -> Iterator[None]:
    """Within, an engine tells the ends of jobs and waits for a lock that this transaction has."""
    teller = threading.Thread(target=at_once, args=[news.tell])
    with transaction.atomic():
        yield
        teller.start()
        until = time.monotonic() + 10
        while not waits() and time.monotonic() < until:
            time.sleep(0.01)
        # Whoever tells has no place yet: what it waits for comes before them.
        CapUse.objects.select_for_update(nowait=True).get(partner__isnull=False)
    teller.join(30)
    assert not teller.is_alive()


def waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["turn", "lower place"])
def test_telling_and_routing_do_not_cross(first: str) -> None:
    """Routing locks turns, then places by id; telling gives a place back and takes one of the next best."""
    capped = f.PartnerFactory.create(cap_day=5)
    rows = in_force({"partner": capped}, {"cap_day": 5}, strategy="round_robin", failover=True)
    routed(rows[0].profile.entity)
    job = Job.objects.get(assignment=rows[0])
    Job.objects.filter(pk=job.pk).update(
        status="failed", next_attempt_at=None, settled_at=job.created_at, told=False
    )
    assert CapUse.objects.get(assignment=rows[1]).pk < CapUse.objects.get(partner=capped).pk
    with telling():
        if first == "turn":
            Turn.objects.select_for_update(no_key=True).get()
        else:
            CapUse.objects.select_for_update(no_key=True).get(assignment=rows[1])
    assert [placed(row) for row in rows] == [1, 1]
    assert (use(capped)[0], use(rows[1])[0]) == (0, 1)
