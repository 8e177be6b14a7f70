"""Caps hold exactly: one after the other, at once, over periods, and when places come back."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from delivery.models import Job
from delivery.refusal import Refusal, Refused
from delivery.services import cancel, not_received, resend
from distribution.models import CapUse, Decision, Lead
from distribution.routing import waiting
from distribution.routing.ledger import Ledger, Owner, Spans, Take, full
from partners.caps import PERIODS, Caps
from partners.services import touch
from tests import factories as f
from tests.distribution.capped import end, in_force, placed, routed, save, use

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """A Tuesday's noon, which a test may move."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.mark.django_db
@pytest.mark.parametrize("period", PERIODS)
def test_assignment_gets_its_cap_and_the_next_one_the_rest(period: str) -> None:
    first, second = in_force({f"cap_{period}": 2}, {})
    routed(first.profile.entity, 5)
    assert (placed(first), placed(second)) == (2, 3)
    assert use(first) == (2, 2, 2, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("period", PERIODS)
def test_partner_gets_its_cap_over_all_profiles(period: str) -> None:
    partner = f.PartnerFactory.create(**{f"cap_{period}": 3})
    entity = f.EntityFactory.create()
    (one,) = in_force({"partner": partner}, entity=entity)
    (two,) = in_force({"partner": partner}, entity=entity)
    routed(entity, 3)
    assert placed(one) + placed(two) == 3
    assert use(partner)[3] == 3


@pytest.mark.django_db
def test_both_caps_hold() -> None:
    partner = f.PartnerFactory.create(cap_day=2)
    first, other = in_force({"partner": partner, "cap_day": 5}, {"partner": partner, "cap_day": 1})
    routed(first.profile.entity, 5)
    assert (placed(first), placed(other)) == (2, 0)


@pytest.mark.django_db
def test_one_partner_twice_in_send_to_all_takes_two_places() -> None:
    partner = f.PartnerFactory.create(cap_life=3)
    rows = in_force({"partner": partner}, {"partner": partner}, strategy="send_to_all")
    routed(rows[0].profile.entity, 3)
    assert (placed(rows[0]), placed(rows[1])) == (2, 1)
    verdicts = Decision.objects.order_by("id")[1].verdicts
    assert verdicts[1] == ["cap", ["partner", "life", 3, 3]]


@pytest.mark.django_db
def test_uncapped_have_no_row() -> None:
    (row,) = in_force({})
    routed(row.profile.entity, 2)
    assert not CapUse.objects.exists()


@pytest.mark.django_db
def test_leads_that_came_before_the_cap_count() -> None:
    (row,) = in_force({})
    routed(row.profile.entity, 3)
    row.cap_day = 4
    row.save()
    save(row.profile)
    routed(row.profile.entity, 3)
    assert (placed(row), use(row)[0]) == (4, 4)


@pytest.mark.django_db
def test_places_are_counted_on_while_a_cap_is_away() -> None:
    (row,) = in_force({"cap_life": 2})
    routed(row.profile.entity, 1)
    for cap, leads in ((None, 3), (5, 3)):
        row.cap_life = cap
        row.save()
        save(row.profile)
        routed(row.profile.entity, leads)
    assert (placed(row), use(row)[3]) == (5, 5)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("period", "later"),
    [("day", timedelta(days=1)), ("week", timedelta(days=6)), ("month", timedelta(days=7))],
)
def test_a_new_period_begins_at_nothing(noon: time_machine.Traveller, period: str, later: timedelta) -> None:
    (row,) = in_force({f"cap_{period}": 1})
    routed(row.profile.entity, 2)
    noon.move_to(NOON + later - timedelta(days=1))
    routed(row.profile.entity, 1)
    assert placed(row) == 1
    noon.move_to(NOON + later)
    routed(row.profile.entity, 2)
    assert placed(row) == 2


@pytest.mark.django_db
def test_day_begins_at_the_partners_midnight(noon: time_machine.Traveller) -> None:
    partner = f.PartnerFactory.create(cap_day=1, zone="Pacific/Auckland")
    (row,) = in_force({"partner": partner})
    for at in ("2026-11-24T10:59:59+00:00", "2026-11-24T11:00:00+00:00", "2026-11-24T23:00:00+00:00"):
        noon.move_to(datetime.fromisoformat(at))
        routed(row.profile.entity, 1)
    assert list(Job.objects.order_by("id").values_list("counted_on", flat=True)) == [
        date(2026, 11, 24),
        date(2026, 11, 25),
    ]


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-03-28T22:59:59Z", "Europe/Berlin", "2026-03-28"),
        ("2026-03-28T23:00:00Z", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T21:59:59Z", "Europe/Berlin", "2026-03-29"),  # a day of 23 hours
        ("2026-03-29T22:00:00Z", "Europe/Berlin", "2026-03-30"),
        ("2026-10-25T22:59:59Z", "Europe/Berlin", "2026-10-25"),  # a day of 25 hours
        ("2026-10-25T23:00:00Z", "Europe/Berlin", "2026-10-26"),
        ("2026-11-01T03:59:59Z", "America/Havana", "2026-10-31"),
    ],
)
def test_days_of_changed_clocks(at: str, zone: str, day: str) -> None:
    assert Spans.at(datetime.fromisoformat(at), zone).day == date.fromisoformat(day)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.timezone_keys())
def test_spans_hold_their_instant(at: datetime, zone: str) -> None:
    spans = Spans.at(at.replace(tzinfo=UTC), zone)
    assert spans.week <= spans.day < spans.week + timedelta(days=7)
    assert (spans.week.isoweekday(), spans.month.day) == (1, 1)
    assert spans.month <= spans.day
    assert Spans.of(spans.day) == spans


@given(
    st.lists(st.none() | st.integers(1, 5), min_size=4, max_size=4),
    st.lists(st.integers(0, 6), min_size=4, max_size=4),
)
def test_full_names_the_first_period_without_a_place(caps: list[int | None], used: list[int]) -> None:
    over = [n for n, cap in enumerate(caps) if cap is not None and used[n] >= cap]
    assert full(Caps(*caps), used) == (over[0] if over else None)


def test_ledger_raises_what_is_taken() -> None:
    ledger, owner = Ledger(uses={Owner("partner", 1): (1, 1, 1, 1)}), Owner("partner", 1)
    three, one = Caps(day=3), Caps(life=1)
    ledger.take([Take(owner, three, three), Take(Owner("assignment", 1), one, one)])
    assert ledger.used(owner) == [2, 2, 2, 2]
    assert ledger.used(Owner("assignment", 1)) == [1, 1, 1, 1]
    assert (ledger.taken[owner], ledger.limits[owner]) == (1, Caps(day=3))


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_ended_job_gives_its_place_back(status: str) -> None:
    partner = f.PartnerFactory.create(cap_day=5)
    (row,) = in_force({"partner": partner, "cap_life": 1})
    routed(row.profile.entity, 2)
    end(Job.objects.get(), status)
    assert (use(row), use(partner)) == ((0, 0, 0, 0), (0, 0, 0, 0))
    assert Job.objects.get().counted_on is None
    routed(row.profile.entity, 2)
    assert (placed(row), use(row)[3]) == (2, 1)


@pytest.mark.django_db
def test_cancelled_by_an_operator_gives_its_place_back() -> None:
    (row,) = in_force({"cap_life": 1})
    routed(row.profile.entity)
    cancel(job_id=Job.objects.get().pk, reason="No longer wanted.")
    end(Job.objects.get(), "cancelled")
    assert use(row)[3] == 0


@pytest.mark.django_db
def test_place_comes_back_to_the_period_it_was_taken_in(noon: time_machine.Traveller) -> None:
    (row,) = in_force({"cap_day": 1, "cap_week": 9})
    routed(row.profile.entity)
    noon.move_to(NOON + timedelta(days=1))
    routed(row.profile.entity)
    end(Job.objects.order_by("id")[0])
    assert use(row) == (1, 1, 1, 1)


@pytest.mark.django_db
def test_place_of_a_job_in_doubt_is_kept_until_somebody_says() -> None:
    (row,) = in_force({"cap_life": 1})
    routed(row.profile.entity)
    job = Job.objects.get()
    end(job, had_unknown=True)
    assert use(row)[3] == 1
    not_received(job_id=job.pk, by=f.UserFactory.create())
    end(job)
    assert use(row)[3] == 0


@pytest.mark.django_db
def test_resent_job_takes_a_place_again_or_is_refused() -> None:
    (row,) = in_force({"cap_life": 1})
    routed(row.profile.entity)
    job = Job.objects.get()
    end(job)
    resend(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, use(row)[3], job.counted_on is None) == ("queued", 1, False)

    end(job)
    routed(row.profile.entity)
    assert use(row)[3] == 1
    with pytest.raises(Refused) as refused:
        resend(job_id=job.pk)
    assert refused.value.refusal == Refusal.CAPPED
    job.refresh_from_db()
    assert (job.status, use(row)[3]) == ("failed", 1)


@pytest.mark.django_db
def test_delivered_job_that_is_resent_keeps_its_one_place() -> None:
    (row,) = in_force({"cap_life": 1})
    routed(row.profile.entity)
    job = Job.objects.get()
    Job.objects.update(status="delivered", next_attempt_at=None, settled_at=NOON)
    resend(job_id=job.pk, again=True)
    assert use(row)[3] == 1


def at_once(*work: object) -> None:
    """Runs the functions in threads that begin together; an error of one is raised here."""
    meeting, errors = threading.Barrier(len(work)), list[BaseException]()

    def run(one: object) -> None:
        try:
            meeting.wait(10)
            one()  # type: ignore[operator]  # each is a function without arguments
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("cap", "batched"), [(1, False), (7, False), (20, True)])
def test_routers_at_once_meet_the_cap_exactly(cap: int, batched: bool) -> None:
    partner = f.PartnerFactory.create(cap_day=cap)
    first, second, rest = in_force({"partner": partner}, {"cap_week": cap}, {})
    entity = first.profile.entity
    if batched:
        f.LeadFactory.create_batch(64, entity=entity, waiting=True)
        at_once(*[waiting.drain] * 8)
        while waiting.drain(NOON + timedelta(days=3650)):
            pass
    else:
        at_once(*[lambda: routed(entity, 8) and None] * 8)
        while waiting.drain(NOON + timedelta(days=3650)):
            pass
    assert (placed(first), placed(second), placed(rest)) == (cap, cap, 64 - 2 * cap)
    assert (use(partner)[0], use(second)[1]) == (cap, cap)
    assert not Lead.objects.exclude(routing="routed").exists()


@pytest.mark.django_db(transaction=True)
def test_first_routers_under_a_new_cap_count_it_once() -> None:
    (row, _rest) = in_force({}, {})
    routed(row.profile.entity, 3)
    ids: list[UUID] = list(Job.objects.values_list("id", flat=True))
    row.cap_life = 6
    row.save()
    save(row.profile)
    at_once(
        *[lambda: routed(row.profile.entity, 3) and None] * 4,
        lambda: end(Job.objects.get(pk=ids[0])),
    )
    while waiting.drain(NOON + timedelta(days=3650)):
        pass
    holding = Job.objects.filter(assignment=row, counted_on__isnull=False).count()
    assert use(row)[3] == holding
    assert holding in (5, 6)


@pytest.mark.django_db(transaction=True)
def test_a_configuration_save_waits_for_routers_and_they_for_it() -> None:
    (row, _rest) = in_force({"cap_life": 4}, {})
    entity = row.profile.entity

    def raise_it() -> None:
        for cap in (6, 8):
            with transaction.atomic():
                touch()
                type(row).objects.filter(pk=row.pk).update(cap_life=cap)
            save(row.profile)

    at_once(*[lambda: routed(entity, 6) and None] * 4, raise_it)
    while waiting.drain(NOON + timedelta(days=3650)):
        pass
    assert placed(row) == use(row)[3] <= 8
