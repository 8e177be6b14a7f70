"""Bulk actions: each job is acted on once whatever dies, at a pace that lets new leads through."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now
from django.http import QueryDict

from delivery import bulk, tasks
from delivery.engine import news
from delivery.models import BulkAction, BulkSkip, Job
from delivery.models.bulk import Act
from delivery.pages.filters import LogFilter
from leadflip.kit.ids import first_of, uuid7
from partners.models import DeliverySettings, User
from tests.delivery.engine.parts import Scripted, deliver
from tests.delivery.test_services import job_in
from tests.factories import DeliverySettingsFactory

pytestmark = pytest.mark.django_db(transaction=True)

FAR = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 3)


@pytest.fixture
def lane() -> DeliverySettings:
    return DeliverySettingsFactory.create()


def begin(act: Act, by: User, key: UUID | None = None, again: bool = False, **query: Any) -> BulkAction:
    form = LogFilter(QueryDict("&".join(f"{name}={value}" for name, value in query.items())))
    assert form.is_valid()
    return bulk.start(key=key or uuid7(), act=act, form=form, upto=first_of(FAR), again=again, by=by)


def failed(lane: DeliverySettings, count: int, **fields: Any) -> list[Job]:
    return [job_in("failed", settings=lane, attempts=2, **fields) for _ in range(count)]


def standing(action: BulkAction) -> tuple[str, int, int, int]:
    action.refresh_from_db()
    return action.state, action.total, action.done, action.skipped


def test_all_of_a_filter_are_resent_oldest_first_under_their_ids(lane: DeliverySettings, admin: User) -> None:
    jobs = failed(lane, 7)
    other = job_in("failed")
    action = begin(Act.RESEND, admin, status="failed", partner=lane.partner_id)
    assert tasks.run_bulk() == 7
    assert standing(action) == ("done", 7, 7, 0)
    dues = list(Job.objects.filter(settings=lane).order_by("next_attempt_at").values_list("id", flat=True))
    assert dues == sorted(job.pk for job in jobs)
    other.refresh_from_db()
    assert other.status == "failed"


class Killed(BaseException):
    """The worker's death."""


@pytest.mark.parametrize("when", ["before the cursor is written", "before the commit"])
def test_killed_between_batches_each_is_acted_on_once(
    when: str, lane: DeliverySettings, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(lane, 8)
    action = begin(Act.RESEND, admin, status="failed")
    save, note, passes = BulkAction.save, bulk._note, list[int]()

    def die(*args: Any, **kwargs: Any) -> None:
        passes.append(1)
        if len(passes) in (2, 4):
            raise Killed
        (note if when == "before the cursor is written" else save)(*args, **kwargs)

    if when == "before the cursor is written":
        monkeypatch.setattr(bulk, "_note", die)
    else:
        monkeypatch.setattr(BulkAction, "save", die)
    for _ in range(2):
        with pytest.raises(Killed):
            tasks.run_bulk()
        assert standing(action)[0] == "running"
        assert standing(action)[2] == Job.objects.filter(status="queued").count()
    tasks.run_bulk()
    assert standing(action) == ("done", 8, 8, 0)
    # Each budget began anew once: a second time would be refused, and counted as skipped.
    assert set(Job.objects.values_list("status", "budget_from")) == {("queued", 2)}


def test_what_fails_is_tried_again_and_holds_up_no_other(
    lane: DeliverySettings, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(lane, 2)
    waiting = job_in("retrying")
    first = begin(Act.RESEND, admin, status="failed")
    second = begin(Act.CANCEL, admin, partner=waiting.partner_id)
    with monkeypatch.context() as patch:
        patch.setattr("delivery.acts.resend", lambda *args, **kwargs: 1 / 0)
        tasks.run_bulk()
    assert (standing(first)[0], standing(second)[0]) == ("running", "done")
    tasks.run_bulk()
    assert standing(first) == ("done", 2, 2, 0)


def test_asked_twice_is_one_pass(lane: DeliverySettings, admin: User) -> None:
    failed(lane, 1)
    key = uuid7()
    first = begin(Act.RESEND, admin, key, status="failed")
    assert begin(Act.RESEND, admin, uuid7(), status="failed") == first
    tasks.run_bulk()
    deliver(Scripted())
    # A slow second click, after the first was done.
    assert begin(Act.RESEND, admin, key, status="failed") == first
    assert tasks.run_bulk() == 0
    assert begin(Act.RESEND, admin, uuid7(), status="failed") != first


def test_stopped_leaves_the_rest_as_it_is(
    lane: DeliverySettings, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(lane, 7)
    action = begin(Act.RESEND, admin, status="failed")
    monkeypatch.setattr(bulk, "SECONDS", 0.0)
    tasks.run_bulk()
    bulk.stop(action=action, by=admin)
    assert tasks.run_bulk() == 0
    assert standing(action) == ("stopped", 7, 3, 0)
    assert Job.objects.filter(status="failed").count() == 4


def test_jobs_that_came_later_are_left_out(lane: DeliverySettings, admin: User) -> None:
    failed(lane, 1)
    action = begin(Act.RESEND, admin, status="failed")
    BulkAction.objects.update(upto=Job.objects.get().pk)
    failed(lane, 1)
    tasks.run_bulk()
    assert standing(action) == ("done", 1, 1, 0)


def test_each_skipped_job_has_its_reason(lane: DeliverySettings, admin: User) -> None:
    failed(lane, 1)
    left = {
        job_in("sending", settings=lane).pk: "sending",
        job_in("queued", settings=lane).pk: "waiting",
        job_in("delivered", settings=lane).pk: "delivered",
    }
    action = begin(Act.RESEND, admin, partner=lane.partner_id)
    tasks.run_bulk()
    assert standing(action) == ("done", 4, 1, 3)
    assert dict(BulkSkip.objects.values_list("job_id", "refusal")) == left
    assert action.refusals == dict.fromkeys(left.values(), 1)


@pytest.mark.parametrize(
    ("act", "again", "before", "after"),
    [
        (Act.RESEND, True, {"status": "delivered"}, {"status": "queued"}),
        (Act.TRY_NOW, False, {"status": "retrying"}, {"status": "retrying"}),
        (Act.CANCEL, False, {"status": "queued"}, {"status": "cancelled"}),
        (Act.NOT_RECEIVED, False, {"status": "failed", "had_unknown": True}, {"had_unknown": False}),
    ],
)
def test_each_act_does_what_the_single_one_does(
    act: Act, again: bool, before: dict[str, Any], after: dict[str, Any], admin: User
) -> None:
    status, *more = before.items()
    job = job_in(status[1], told=True, **dict(more))
    action = begin(act, admin, again=again, partner=job.partner_id)
    tasks.run_bulk()
    assert standing(action)[2] == 1
    assert Job.objects.filter(pk=job.pk, **after).exists()
    if act in (Act.CANCEL, Act.NOT_RECEIVED):
        assert news.tell().told == 1
    else:
        assert deliver(Scripted()) == 1


def gaps(jobs: Iterable[Job]) -> list[float]:
    times = sorted(job.next_attempt_at for job in jobs if job.next_attempt_at)
    return [(after - before).total_seconds() for before, after in pairwise(times)]


@pytest.fixture
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands, ahead of the database's."""
    later = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr("leadflip.kit.clock.now", lambda: later)


@pytest.mark.usefixtures("_still")
@pytest.mark.parametrize(
    ("partner", "seconds"), [({"rate": 10}, 0.2), ({"in_flight": 8}, 0.0625), ({"in_flight": 50}, 0.01)]
)
def test_a_lane_gets_them_one_by_one_so_that_a_new_lead_is_not_the_last(
    partner: dict[str, int], seconds: float, admin: User
) -> None:
    lane = DeliverySettingsFactory.create(**{f"partner__{name}": value for name, value in partner.items()})
    failed(lane, 7)
    begin(Act.RESEND, admin, status="failed")
    tasks.run_bulk()
    assert gaps(Job.objects.all()) == [seconds] * 6


@pytest.mark.usefixtures("_still")
def test_two_lanes_do_not_wait_for_each_other_and_the_portal_for_nobody(admin: User) -> None:
    lanes = [DeliverySettingsFactory.create(kind=kind) for kind in ("webhook", "webhook", "portal")]
    for lane in lanes * 2:
        failed(lane, 1)
    begin(Act.RESEND, admin, status="failed")
    tasks.run_bulk()
    by_lane = [gaps(Job.objects.filter(settings=lane)) for lane in lanes]
    assert by_lane[:2] == [[0.0625], [0.0625]]
    assert Job.objects.filter(settings=lanes[2], next_attempt_at__lte=Now()).count() == 2


def test_try_now_puts_nothing_off(lane: DeliverySettings, admin: User) -> None:
    soon = datetime.now(UTC) + timedelta(milliseconds=1)
    for _ in range(5):
        job_in("retrying", settings=lane, next_attempt_at=soon)
    begin(Act.TRY_NOW, admin, status="retrying")
    tasks.run_bulk()
    assert not Job.objects.filter(next_attempt_at__gt=soon).exists()


def test_what_ended_long_ago_is_forgotten_with_its_list(lane: DeliverySettings, admin: User) -> None:
    job_in("sending", settings=lane)
    begin(Act.RESEND, admin, partner=lane.partner_id)
    tasks.run_bulk()
    assert tasks.forget_bulk() == 0
    BulkAction.objects.update(ended_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert tasks.forget_bulk() == 1
    assert not BulkSkip.objects.exists()
