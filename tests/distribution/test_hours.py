"""Open hours and pacing: windows, holidays, changed clocks, holding, and even steps."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from delivery.models import Job
from distribution.models import Decision
from distribution.routing.hours import DAYS, Hours, HoursError
from distribution.routing.pacing import paced
from distribution.routing.words import told_verdicts
from partners.caps import Caps
from tests import factories as f
from tests.delivery.engine.parts import Scripted, deliver
from tests.distribution.capped import in_force, placed, routed, use

BERLIN = "Europe/Berlin"
OFFICE = {day: [["09:00", "17:00"]] for day in DAYS[:5]}
# A Tuesday, 14:05 in Berlin.
NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)


def hours(**document: Any) -> Hours:
    read = Hours.read(document)
    assert read is not None
    return read


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_no_document_is_always_open() -> None:
    assert Hours.read({}) is None


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-24T07:59:59Z", False),
        ("2026-11-24T08:00:00Z", True),
        ("2026-11-24T15:59:59Z", True),
        ("2026-11-24T16:00:00Z", False),
        ("2026-11-28T11:00:00Z", False),  # a Saturday
        ("2026-07-01T07:00:00Z", True),  # summer time
    ],
)
def test_open_at(at: str, is_open: bool) -> None:
    assert hours(**OFFICE).open_at(datetime.fromisoformat(at), BERLIN) is is_open


def test_holiday_is_closed_and_the_next_day_opens() -> None:
    christmas = hours(**OFFICE, holidays=["2026-12-25"])
    at = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert not christmas.open_at(at, BERLIN)
    assert christmas.next_opening(at, BERLIN) == datetime(2026, 12, 28, 8, tzinfo=UTC)


def test_next_opening_is_the_same_days_where_it_comes() -> None:
    lunch = hours(tue=[["09:00", "12:00"], ["15:00", "24:00"]])
    assert lunch.next_opening(NOW, BERLIN) == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert lunch.open_at(datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC), BERLIN)
    assert not lunch.open_at(datetime(2026, 11, 24, 23, tzinfo=UTC), BERLIN)


def test_an_opening_that_the_clocks_skip_is_after_the_gap() -> None:
    night = hours(sun=[["02:30", "04:00"]])
    at = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert night.next_opening(at, BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert night.open_at(datetime(2026, 3, 29, 1, tzinfo=UTC), BERLIN)


def test_hours_that_the_clocks_skip_whole_do_not_open_that_day() -> None:
    night = hours(sun=[["02:15", "02:45"]])
    at = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert night.next_opening(at, BERLIN) == datetime(2026, 4, 5, 0, 15, tzinfo=UTC)
    assert not night.open_at(datetime(2026, 3, 29, 1, 15, tzinfo=UTC), BERLIN)


def test_hours_that_come_twice_are_open_the_first_time() -> None:
    night = hours(sun=[["02:15", "02:45"], ["03:00", "04:00"]])
    first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    assert night.open_at(first, BERLIN)
    assert not night.open_at(first + timedelta(hours=1), BERLIN)
    assert night.next_opening(first, BERLIN) == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_a_day_without_a_midnight_begins_after_the_gap() -> None:
    all_day = hours(sun=[["00:00", "24:00"]])
    # In Santiago the clocks go from 24:00 to 01:00.
    assert all_day.next_opening(datetime(2026, 9, 6, 3, tzinfo=UTC), "America/Santiago") == datetime(
        2026, 9, 6, 4, tzinfo=UTC
    )


def test_hours_that_never_come_have_no_opening() -> None:
    assert hours(mon=[], holidays=["2026-01-01"]).next_opening(NOW, BERLIN) is None


@given(st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
def test_next_opening_is_the_first_that_is_open(at: datetime) -> None:
    opening = hours(**OFFICE).next_opening(at, BERLIN)
    assert opening is not None
    assert opening > at
    assert hours(**OFFICE).open_at(opening, BERLIN)
    assert not hours(**OFFICE).open_at(opening - timedelta(seconds=1), BERLIN)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"day": []}, "“day” is no weekday"),
        ({"mon": [["9:00", "17:00"]]}, "“9:00” is no time of day"),
        ({"mon": [["09:00", "25:00"]]}, "“25:00” is no time of day"),
        ({"mon": [["22:00", "06:00"]]}, "Opening comes before closing"),
        ({"mon": [["09:00", "12:00"], ["11:00", "17:00"]]}, "overlap"),
        ({"holidays": ["25.12.2026"]}, "“25.12.2026” is no date"),
    ],
)
def test_hours_that_tell_nothing_are_refused_with_the_reason(document: dict[str, Any], words: str) -> None:
    with pytest.raises(HoursError, match=words):
        Hours.read(document)


@pytest.mark.django_db
def test_closed_assignment_is_skipped(clock: time_machine.Traveller) -> None:
    partner = f.PartnerFactory.create(name="Acme", zone=BERLIN)
    shut, rest = in_force({"partner": partner, "hours": {"wed": [["09:00", "17:00"]]}}, {})
    routed(shut.profile.entity)
    assert (placed(shut), placed(rest)) == (0, 1)
    decision = Decision.objects.get()
    assert decision.verdicts[0] == ["closed", "2026-11-25T08:00:00+00:00"]
    document = shut.profile.versions.get().document
    with timezone.override(BERLIN):
        shut_verdict = next(told_verdicts(decision.verdicts, document, {}, {}))
    assert shut_verdict["reason"] == "skipped, closed until 25 Nov 2026, 09:00"
    assert shut_verdict["detail"] == {"opens_at": "2026-11-25T08:00:00+00:00"}


@pytest.mark.django_db(transaction=True)
def test_held_lead_takes_its_place_now_and_goes_out_at_the_opening() -> None:
    with time_machine.travel(NOW, tick=False):
        partner = f.PartnerFactory.create(zone=BERLIN)
        rule = {"partner": partner, "hours": {"wed": [["09:00", "17:00"]]}, "closed": "hold", "cap_day": 1}
        held, rest = in_force(rule, {})
        routed(held.profile.entity, 2)
    job = Job.objects.get(assignment=held)
    opening = datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert (job.status, job.next_attempt_at, job.budget_due) == ("queued", opening, opening)
    assert (use(held)[0], placed(rest)) == (1, 1)
    assert Decision.objects.order_by("id")[0].verdicts[0] == ["chosen", opening.isoformat()]
    Job.objects.filter(assignment=rest).delete()
    channel = Scripted()
    assert deliver(channel, lambda: opening - timedelta(seconds=1)) == 0
    assert deliver(channel, lambda: opening + timedelta(seconds=1)) == 1


@pytest.mark.django_db
def test_hold_without_an_opening_is_skipped(clock: time_machine.Traveller) -> None:
    shut, rest = in_force({"hours": {"mon": []}, "closed": "hold"}, {})
    routed(shut.profile.entity)
    assert (placed(shut), placed(rest)) == (0, 1)
    assert Decision.objects.get().verdicts[0] == ["closed"]


@pytest.mark.parametrize(
    ("at", "by_now"),
    [("2026-11-24T00:00:00Z", 1), ("2026-11-24T06:00:00Z", 7), ("2026-11-24T23:59:59Z", 24)],
)
def test_pacing_spreads_a_day_over_its_hours(at: str, by_now: int) -> None:
    assert paced(Caps(day=24), None, datetime.fromisoformat(at), "UTC") == Caps(day=by_now)


def test_pacing_spreads_over_open_hours_alone() -> None:
    office = hours(**OFFICE)
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)  # ten o'clock: an hour of eight is over
    assert paced(Caps(day=80, week=400, life=3), office, at, BERLIN) == Caps(day=11, week=91, life=3)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 500),
    st.booleans(),
)
def test_pacing_never_allows_more_than_the_cap_nor_nothing(at: datetime, cap: int, office: bool) -> None:
    by_now = paced(Caps(day=cap, month=cap), hours(**OFFICE) if office else None, at, BERLIN)
    for most in (by_now.day, by_now.month):
        assert most is not None
        assert 1 <= most <= cap


@pytest.mark.django_db
def test_paced_assignment_waits_for_its_next_step(clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2026, 11, 24, tzinfo=UTC))
    slow, rest = in_force({"cap_day": 4, "pacing": True}, {})
    entity = slow.profile.entity
    routed(entity, 2)
    assert (placed(slow), placed(rest)) == (1, 1)
    assert Decision.objects.order_by("-id")[0].verdicts[0] == ["pacing", ["assignment", "day", 1, 1]]
    clock.shift(timedelta(hours=12))
    routed(entity, 4)
    assert placed(slow) == 3
    clock.shift(timedelta(hours=11))
    routed(entity, 4)
    assert (placed(slow), use(slow)[0]) == (4, 4)
    assert Decision.objects.order_by("-id")[0].verdicts[0] == ["cap", ["assignment", "day", 4, 4]]


def test_date_of_a_holiday_is_the_partners() -> None:
    one = hours(**{day: [["00:00", "24:00"]] for day in DAYS}, holidays=["2026-12-25"])
    assert one.holidays == {date(2026, 12, 25)}
    assert not one.open_at(datetime(2026, 12, 24, 23, 30, tzinfo=UTC), BERLIN)
    assert one.open_at(datetime(2026, 12, 25, 23, 30, tzinfo=UTC), BERLIN)
