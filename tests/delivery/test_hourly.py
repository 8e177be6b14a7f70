"""Sums by hour: exact whatever is killed, run twice, or late; quantiles as near as slots tell."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from delivery import hourly, tasks
from delivery.models import Attempt, Counted, Hourly, Job
from leadflip.kit import clock
from leadflip.kit.histogram import added, quantile
from tests.factories import AttemptFactory, JobFactory

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with mock.patch.object(clock, "now", return_value=moment):
        yield


def count(moment: datetime) -> int:
    """A run that does not rest from the one before."""
    Counted.objects.update(rest_until=None)
    with at(moment):
        return hourly.count()


def tries(job: Job, number: int, **fields: object) -> list[Attempt]:
    first = Attempt.objects.count() + 1
    return [AttemptFactory.create(job=job, number=first + place, **fields) for place in range(number)]


def sums() -> dict[tuple[int, int], tuple[int, int]]:
    """(hour of the day, lane) → (delivered, all)."""
    return {(row.hour.hour, row.settings_id): (row.delivered, row.tries) for row in Hourly.objects.all()}


@pytest.mark.django_db
def test_attempts_are_counted_by_hour_lane_and_outcome() -> None:
    job, other = JobFactory.create(), JobFactory.create()
    tries(job, 3, started_at=NOON, ms=100)
    tries(job, 1, started_at=NOON + timedelta(minutes=59, seconds=59), ms=4000, outcome="temporary")
    tries(job, 1, started_at=NOON + timedelta(hours=1), outcome="unknown", ms=None)
    tries(other, 2, started_at=NOON)
    tries(job, 1, started_at=NOON, late=True)
    trial = JobFactory.create(assignment=None, partner=job.partner, settings=job.settings)
    Job.objects.filter(pk=trial.pk).update(test=True)
    tries(trial, 1, started_at=NOON)
    assert count(NOON + timedelta(hours=1, minutes=5)) == 2
    lane, second = job.settings_id, other.settings_id
    assert sums() == {(12, lane): (3, 4), (13, lane): (0, 1), (12, second): (2, 2)}
    row = Hourly.objects.get(hour=NOON, settings=lane)
    assert (row.temporary, row.p95) == (1, 4000)
    assert 70 <= (quantile(row.times, 0.5) or 0) <= 150
    assert Hourly.objects.get(hour__gt=NOON).p95 is None


@pytest.mark.django_db
def test_counting_twice_and_after_a_kill_changes_nothing() -> None:
    job = JobFactory.create()
    tries(job, 2, started_at=NOON)
    tries(job, 2, started_at=NOON + timedelta(hours=1))
    whole = hourly._count

    def killed_in_the_second(hour: datetime) -> None:
        if hour > NOON:
            raise SystemExit
        whole(hour)

    later = NOON + timedelta(hours=2)
    with mock.patch.object(hourly, "_count", killed_in_the_second), pytest.raises(SystemExit):
        count(later)
    assert len(sums()) == 1
    for minutes in (0, 0, 1, 2):
        count(later + timedelta(minutes=minutes))
        assert sorted(sums().values()) == [(2, 2), (2, 2)]
    # All of it is known by now: nothing is counted once more.
    assert count(later + timedelta(minutes=3)) == 0


@pytest.mark.django_db
def test_hours_are_caught_up_and_a_late_end_is_counted_where_it_began() -> None:
    job = JobFactory.create()
    tries(job, 1, started_at=NOON)
    for minutes in range(3):
        count(NOON + timedelta(minutes=minutes))
    # A day without a worker that counts, and one that held an attempt all the time.
    tries(job, 2, started_at=NOON + timedelta(hours=3))
    tries(job, 1, started_at=NOON + timedelta(seconds=10))
    with mock.patch.object(hourly, "STEP", 2), mock.patch.object(hourly, "SLACK", 1):
        count(NOON + timedelta(days=1))
    lane = job.settings_id
    assert sums() == {(12, lane): (2, 2), (15, lane): (2, 2)}
    # Nobody counts anew what retention may have taken attempts from.
    count(NOON + timedelta(days=91))
    with at(NOON + timedelta(days=91)):
        assert tasks.forget_hours() == 2


@pytest.mark.django_db
def test_run_rests_longer_than_it_took() -> None:
    tries(JobFactory.create(), 1, started_at=NOON)
    moments = [NOON, NOON, NOON + timedelta(seconds=20)]
    with mock.patch.object(clock, "now", side_effect=moments):
        assert tasks.count_hours() == 1
    with at(NOON + timedelta(seconds=190)):
        assert hourly.count() == 0
    assert Counted.objects.get().rest_until == NOON + timedelta(seconds=200)


@pytest.mark.django_db(transaction=True)
def test_counts_are_exact_with_many_at_once() -> None:
    job = JobFactory.create()
    start = timezone.now()

    def work() -> None:
        try:
            for _ in range(5):
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE delivery_counted SET rest_until = NULL")
                hourly.count()
        finally:
            connection.close()

    runners = [threading.Thread(target=work) for _ in range(3)]
    for runner in runners:
        runner.start()
    tries(job, 60, started_at=start)
    for runner in runners:
        runner.join()
    count(clock.now())
    assert sum(done for done, _all in sums().values()) == 60


@pytest.mark.parametrize(
    ("slots", "part", "value"),
    [({}, 0.5, None), ({"0": 4}, 0.5, 0), ({"12": 100}, 0.5, 125), ({"12": 50, "18": 50}, 0.95, 1450)],
)
def test_quantile_lies_in_its_slot(slots: dict[str, int], part: float, value: int | None) -> None:
    assert quantile(slots, part) == value


def test_histograms_are_added() -> None:
    assert added([{"1": 2}, {"1": 1, "3": 4}]) == {"1": 3, "3": 4}
