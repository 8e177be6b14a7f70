"""What others may do with jobs."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from delivery import acts
from delivery.acts import Acted
from delivery.models import Job
from delivery.refusal import Refused
from delivery.waking import add_waking
from leadflip.kit import jsonbytes
from leadflip.kit.ids import uuid7
from leadflip.kit.script import Fixed, Script
from partners.models import Partner, User


class Placement(NamedTuple):
    """A selection of routing: where one lead goes, and at what price.

    `counted_on`: the day in the partner's zone on which it takes its place of the caps. `due`: when it
    may be sent first, None for at once.
    """

    lead_id: UUID
    assignment_id: int | None
    profile_version: int | None
    partner_id: int
    settings_id: int
    kind: str
    policy_id: int | None = None
    price: Decimal | None = None
    currency: str = ""
    counted_on: date | None = None
    due: datetime | None = None


# One JSON text for all rows: an object and a parameter a column cost several times the row itself.
PLACE = Fixed("""
INSERT INTO delivery_job
    (id, lead_id, assignment_id, profile_version, partner_id, settings_id, kind, policy_id, price, currency,
     counted_on, created_at, budget_due, next_attempt_at, status, attempts, budget_from, test, had_unknown,
     told, last_outcome, last_error_class, last_error, reason)
SELECT id, lead_id, assignment_id, profile_version, partner_id, settings_id, kind, policy_id, price, currency,
       counted_on, %(at)s::timestamptz, coalesce(due, statement_timestamp()),
       coalesce(due, statement_timestamp()), 'queued', 0, 0, false, false, false, '', '', '', ''
FROM json_to_recordset(%(picks)s::json) AS pick (
    id uuid, lead_id uuid, assignment_id bigint, profile_version int, partner_id bigint, settings_id bigint,
    kind text, policy_id bigint, price numeric, currency text, counted_on date, due timestamptz)
""")


def place(picks: Sequence[Placement], *, at: datetime) -> list[UUID]:
    """Queues a job for each pick, due at once unless it says when; wakes the engines at the commit.

    Returns the jobs' ids. `at` is their creation time; when they are due is told by the database's clock.

    Raises IntegrityError if a lead already has a job for one of its assignments.
    """
    script = Script()
    ids = add_placing(script, picks, at=at)
    script.run()
    return ids


def add_placing(script: Script, picks: Sequence[Placement], *, at: datetime) -> list[UUID]:
    """What `place` does, as a part of `script`."""
    ids = [uuid7(at) for _pick in picks]
    if picks:
        rows = [{"id": id, **pick._asdict()} for id, pick in zip(ids, picks, strict=True)]
        script.add(PLACE, {"picks": jsonbytes.written(rows).decode(), "at": at})
        add_waking(script, {pick.settings_id for pick in picks})
    return ids


def try_now(*, job_id: UUID) -> None:
    """Makes a waiting job due now, within its budget and under its id.

    Raises Refused while it is being sent and when it has ended, Job.DoesNotExist.
    """
    _alone(job_id, acts.try_now([job_id]))


def cancel(*, job_id: UUID, reason: str) -> None:
    """Ends a waiting job; `reason` is shown with it, and `job_settled` tells it.

    Raises Refused while it is being sent and when it has ended, Job.DoesNotExist.
    """
    _alone(job_id, acts.cancel([job_id], reason=reason))


def resend(*, job_id: UUID, again: bool = False) -> None:
    """Queues an ended job with a fresh budget, due now, to all its recipients, under the same id.

    A delivered one only with `again`. Raises Refused for what `delivery.acts.resend` does not do,
    Job.DoesNotExist.
    """
    _alone(job_id, acts.resend([job_id], again=again))


def move(*, job_id: UUID, to: Partner, by: User, again: bool = False) -> None:
    """Gives the lead of a job to another partner of its profile, if routing lets that one have it.

    With `again` also where the first one has it, or may have it. Raises Refused for what `delivery.acts.move`
    does not do, Job.DoesNotExist.
    """
    _alone(job_id, acts.move([job_id], to=to.pk, reason=moved_words(to, by), again=again))


def moved_words(to: Partner, by: User | None) -> str:
    """The reason of a job that was moved."""
    person = by and (by.name or by.email)
    named = {"partner": to.name, "person": person or _("somebody")}
    return _("Moved to %(partner)s by %(person)s.") % named


def not_received(*, job_id: UUID, by: User) -> None:
    """Says that the partner does not have a failed job whose attempts left that open.

    Its end is then told by `job_settled` as any other. Raises Refused for every other job,
    Job.DoesNotExist.
    """
    _alone(job_id, acts.not_received([job_id], by=by.pk))


def _alone(job_id: UUID, acted: Acted) -> None:
    if job_id in acted.refused:
        raise Refused(job_id, acted.refused[job_id])
    if not acted.done:
        raise Job.DoesNotExist
