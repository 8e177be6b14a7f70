"""Moving to another partner: once, through every gate, never where the first one may have the lead."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from delivery import acts, bulk, services, tasks
from delivery.channels.base import Parcel, Receipt
from delivery.engine import news
from delivery.models import BulkAction, BulkSkip, Job
from delivery.models.bulk import Act
from delivery.pages.filters import LogFilter
from delivery.refusal import Refusal, Refused
from distribution.models import Assignment, Decision, ProfileVersion
from distribution.routing.words import told
from leadflip.kit import clock
from leadflip.kit.ids import first_of, uuid7
from partners.models import User
from tests import factories as f
from tests.delivery.engine.parts import Scripted, deliver, delivered
from tests.distribution.capped import end, in_force, placed, routed, save, use

pytestmark = pytest.mark.django_db
NOT_BEN = [[{"field": "name", "op": "equals", "value": "Ben"}]]


@pytest.fixture
def by() -> User:
    return f.UserFactory.create(name="Ana")


def named() -> Any:
    entity = f.EntityFactory.create()
    f.make_fields(entity, name="text")
    return entity


def moved(to: Assignment, *jobs: Job, again: bool = False) -> dict[Any, Refusal]:
    """Moves them together; returns those that were refused."""
    ids = [job.pk for job in jobs]
    return dict(acts.move(ids, to=to.partner_id, reason="Moved.", again=again).refused)


def told_all() -> None:
    while news.tell().told:
        pass


@pytest.mark.parametrize("strategy", ["first_match", "round_robin", "send_to_all"])
def test_moved_job_ends_and_the_other_partner_gets_the_lead(strategy: str, by: User) -> None:
    rows = in_force({"cap_life": 1}, {}, {"cap_life": 1}, failover=True, strategy=strategy, sold_limit=1)
    (lead,) = routed(rows[0].profile.entity)
    job = Job.objects.get()
    target = next(row for row in reversed(rows) if row.partner_id != job.partner_id)
    services.move(job_id=job.pk, to=target.partner, by=by)
    told_all()
    job.refresh_from_db()
    assert (job.status, job.reason) == ("cancelled", f"Moved to {target.partner.name} by Ana.")
    made = Job.objects.exclude(pk=job.pk).get()
    assert (made.assignment_id, made.status, made.settings_id) == (target.pk, "queued", target.settings_id)
    assert use(rows[0])[3] + use(rows[2])[3] == 1
    with pytest.raises(Refused):
        services.move(job_id=job.pk, to=target.partner, by=by)
    assert Job.objects.filter(lead=lead).count() == 2


def test_record_says_that_an_operator_chose(by: User) -> None:
    rows = in_force({}, {}, {"enabled": False}, strategy="round_robin")
    routed(rows[0].profile.entity)
    job = Job.objects.get()
    target = next(row for row in rows if row.enabled and row.pk != job.assignment_id)
    services.move(job_id=job.pk, to=target.partner, by=by)
    decision = Decision.objects.latest("id")
    assert (decision.cause, decision.seq) == ("moved", 2)
    document = ProfileVersion.objects.get(number=decision.version).document
    reasons = {each["assignment_id"]: each["reason"] for each in told(decision, document, {})["assignments"]}
    assert reasons == {
        row.pk: "chosen by an operator" if row == target else "skipped, the operator chose another partner"
        for row in rows
    }


def off(row: Assignment) -> None:
    Assignment.objects.filter(pk=row.pk).update(enabled=False)
    save(row.profile)


def inactive(row: Assignment) -> None:
    type(row.partner).objects.filter(pk=row.partner_id).update(active=False)
    save(row.profile)


def capped(row: Assignment) -> None:
    Assignment.objects.filter(pk=row.pk).update(cap_life=1)
    save(row.profile)
    other = f.JobFactory.create(assignment=row, counted_on=timezone.now().date())
    assert other.partner_id == row.partner_id


def elsewhere(row: Assignment) -> None:
    """Somebody else of the profile has the lead."""
    third = Assignment.objects.exclude(pk=row.pk).order_by("-pk")[0]
    f.JobFactory.create(assignment=third, lead=Job.objects.get().lead)


def profile_rules(row: Assignment) -> None:
    type(row.profile).objects.update(rules=NOT_BEN)
    row.profile.refresh_from_db()
    save(row.profile)


def profile_off(row: Assignment) -> None:
    type(row.profile).objects.update(enabled=False)
    save(row.profile)


def unfit(row: Assignment) -> None:
    Assignment.objects.filter(pk=row.pk).update(rules=NOT_BEN)
    save(row.profile)


def had(row: Assignment) -> None:
    f.JobFactory.create(assignment=row, lead=Job.objects.get().lead, failed=True)


def stranger(row: Assignment) -> None:
    Assignment.objects.filter(pk=row.pk).update(partner=f.PartnerFactory.create())
    save(row.profile)


@pytest.mark.parametrize(
    ("stands_against", "refusal"),
    [
        (off, Refusal.SEAT_OFF),
        (inactive, Refusal.TO_INACTIVE),
        (capped, Refusal.TO_CAPPED),
        (unfit, Refusal.RULES),
        (profile_rules, Refusal.PROFILE_RULES),
        (profile_off, Refusal.NO_PROFILE),
        (elsewhere, Refusal.ELSEWHERE),
        (had, Refusal.HAD),
        (stranger, Refusal.NO_SEAT),
    ],
)
def test_each_gate_holds_and_is_named(
    stands_against: Callable[[Assignment], None], refusal: Refusal, by: User
) -> None:
    rows = in_force({}, {}, {}, entity=named())
    routed(rows[0].profile.entity, name="Ana")
    job = Job.objects.get()
    stands_against(rows[1])
    before = Job.objects.count()
    assert moved(rows[1], job) == {job.pk: refusal}
    job.refresh_from_db()
    assert (job.status, Job.objects.count(), Decision.objects.count()) == ("queued", before, 1)


TAKEN = {"a@b.c": {"state": "accepted"}}


@pytest.mark.parametrize(
    ("fields", "refusal", "again"),
    [
        ({"status": "delivered"}, Refusal.HAS_IT, "delivered"),
        ({"status": "failed", "had_unknown": True}, Refusal.IN_DOUBT, "failed"),
        ({"status": "retrying", "had_unknown": True}, Refusal.IN_DOUBT, "cancelled"),
        (
            {"status": "retrying", "recipients": TAKEN},
            Refusal.IN_DOUBT,
            "cancelled",
        ),
        ({"status": "sending"}, Refusal.SENDING, None),
        ({"status": "failed", "erased": True}, Refusal.ERASED, None),
        ({"status": "failed"}, None, "cancelled"),
        ({"status": "cancelled"}, None, "cancelled"),
    ],
)
def test_what_the_first_partner_may_have_goes_on_only_where_that_is_said(
    fields: dict[str, Any], refusal: Refusal | None, again: str | None
) -> None:
    rows = in_force({}, {})
    routed(rows[0].profile.entity)
    job, now = Job.objects.get(), timezone.now()
    due: dict[str, Any] = {"next_attempt_at": now if fields["status"] == "retrying" else None}
    due["settled_at"] = now if fields["status"] in ("delivered", "failed", "cancelled") else None
    if fields["status"] == "sending":
        due |= {"claim_token": uuid7(), "lease_until": now + timedelta(minutes=1)}
    Job.objects.update(**fields, **due)
    assert moved(rows[1], job) == ({job.pk: refusal} if refusal else {})
    assert placed(rows[1]) == (refusal is None)
    if refusal is not None:
        assert moved(rows[1], job, again=True) == ({} if again else {job.pk: refusal})
    job.refresh_from_db()
    assert job.status == (again or fields["status"])


def test_moved_lead_is_not_resent_to_the_first_while_the_second_has_it(by: User) -> None:
    rows = in_force({}, {})
    routed(rows[0].profile.entity)
    job = Job.objects.get()
    services.move(job_id=job.pk, to=rows[1].partner, by=by)
    assert acts.resend([job.pk]).refused == {job.pk: Refusal.ELSEWHERE}
    end(Job.objects.exclude(pk=job.pk).get())
    assert acts.resend([job.pk]).done == [job.pk]


def test_many_are_moved_in_the_background_paced_and_each_once(
    by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOVES", 2)
    rows = in_force({}, {"cap_life": 4}, entity=named())
    routed(rows[0].profile.entity, 5, name="Ana")
    jobs = list(Job.objects.order_by("id"))
    Job.objects.filter(pk=jobs[0].pk).update(
        status="failed", had_unknown=True, next_attempt_at=None, settled_at=timezone.now()
    )
    form = LogFilter(QueryDict(f"partner={rows[0].partner_id}"))
    assert form.is_valid()
    begin: dict[str, Any] = {
        "act": Act.MOVE,
        "form": form,
        "upto": first_of(clock.now() + timedelta(1)),
        "by": by,
    }
    action = bulk.start(key=uuid7(), again=False, target=rows[1].partner, **begin)
    assert bulk.start(key=uuid7(), again=False, target=rows[1].partner, **begin) == action
    assert tasks.run_bulk() == 5
    assert tasks.run_bulk() == 0
    action.refresh_from_db()
    assert (action.state, action.done, action.skipped) == ("done", 4, 1)
    assert BulkSkip.objects.get().refusal == Refusal.IN_DOUBT
    dues = Job.objects.filter(assignment=rows[1]).order_by("next_attempt_at")
    times = [due for due in dues.values_list("next_attempt_at", flat=True) if due]
    assert len(times) == 4
    assert times == sorted(set(times))
    assert use(rows[1])[3] == 4
    assert BulkAction.objects.count() == 1


def move_alone(job: UUID, to: int) -> dict[UUID, Refusal]:
    """In a thread of its own, whose connection ends with it."""
    try:
        return dict(acts.move([job], to=to, reason="Moved.").refused)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_two_who_move_at_once_move_once() -> None:
    rows = in_force({}, {}, {})
    routed(rows[0].profile.entity)
    job = Job.objects.get()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(move_alone, [job.pk] * 2, [row.partner_id for row in rows[1:]]))
    assert sorted(map(len, answers)) == [0, 1]
    assert (Job.objects.filter(status="queued").count(), Decision.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_attempt_that_runs_keeps_its_lead() -> None:
    rows = in_force({}, {})
    routed(rows[0].profile.entity)
    answers: list[dict[UUID, Refusal]] = []

    async def meanwhile(parcel: Parcel[Any]) -> Receipt:
        answers.append(await asyncio.to_thread(move_alone, parcel.id, rows[1].partner_id))
        return await delivered(parcel)

    deliver(Scripted(meanwhile))
    job = Job.objects.get()
    assert (job.status, answers) == ("delivered", [{job.pk: Refusal.SENDING}])
