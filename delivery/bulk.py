"""Bulk actions at work: a batch of jobs is one transaction together with the cursor behind them.

So whatever dies, each job is acted on once: the batch and the place to go on from are both written, or
neither. Beat has the workers carry on, and a worker that is gone holds no lock.
"""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from delivery import acts, services
from delivery.acts import Acted
from delivery.models import BulkAction, BulkSkip
from delivery.models.bulk import Act, BulkState
from delivery.pace import Pace
from delivery.pages.filters import LogFilter
from leadflip.kit import clock
from leadflip.kit.trace import where
from partners import audit
from partners.models import Partner, User
from partners.models.revision import hold_shared

log = structlog.get_logger(__name__)

BATCH, SECONDS = 500, 5.0
# Each of these is decided anew, under locks that routing waits for.
MOVES = 100
# Counted no further: what an index gives in a fraction of a second.
MOST = 100_000
KEPT = timedelta(days=90)
# Without a batch for that long something is wrong.
STALLED = timedelta(seconds=30)


def start(
    *,
    key: UUID,
    act: Act,
    form: LogFilter,
    upto: UUID,
    again: bool,
    by: User,
    target: Partner | None = None,
) -> BulkAction:
    """Lets the workers begin with the jobs of a valid, narrowing `form` whose ids are not above `upto`.

    `target`: where a move goes to. Asked twice, by `key` or while the same runs, it is begun once: that one
    is returned.
    """
    query, after = form.lasting
    jobs = form.jobs().filter(id__lte=upto)
    made = BulkAction(
        id=key,
        act=act,
        target=target,
        filter=query,
        again=again,
        cursor=after,
        upto=upto,
        total=jobs.order_by()[: MOST + 1].count(),
        by=by,
        started_at=clock.now(),
        moved_at=clock.now(),
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            what = f"{act.label}: {target}" if target else act.label
            audit.acted(by=by, what=_("Begin %(act)s") % {"act": what}, objects=[made])
    except IntegrityError:
        return BulkAction.objects.filter(id=key).first() or BulkAction.objects.get(
            act=act, filter=query, state=BulkState.RUNNING
        )
    return made


@transaction.atomic
def stop(*, action: BulkAction, by: User) -> None:
    """Ends it after the batch that is being done, if it still runs; what is done stays."""
    running = BulkAction.objects.filter(pk=action.pk, state=BulkState.RUNNING)
    if running.update(state=BulkState.STOPPED, ended_at=clock.now()):
        audit.acted(by=by, what=_("Stop"), objects=[action])


def carry_on() -> int:
    """Does the next batches of what runs, until none is left or 5 s are over; returns of how many jobs.

    Safe to run twice at a time: an action that one run holds is skipped by the other.
    """
    end, jobs, failed = time.monotonic() + SECONDS, 0, list[UUID]()
    while (count := _one(failed)) is not None:
        jobs += count
        if time.monotonic() >= end:
            break
    return jobs


def forget() -> int:
    """Removes what ended more than 90 days ago; returns how many."""
    old = BulkAction.objects.filter(ended_at__lt=clock.now() - KEPT)
    return old.delete()[1].get("delivery.BulkAction", 0)


def stalled(action: BulkAction) -> bool:
    """Whether nobody seems to work on it."""
    return action.state == BulkState.RUNNING and clock.now() - action.moved_at > STALLED


def _one(failed: list[UUID]) -> int | None:
    """Does one batch of an action that nobody holds, 0 where that failed; None where there is none."""
    held: list[UUID] = []
    try:
        with transaction.atomic():
            return _next(failed, held)
    except Exception as error:
        if not held:
            raise
        log.error("bulk_failed", action=str(held[0]), error=type(error).__name__, where=where(error))
        failed.extend(held)
        return 0


def _next(failed: Sequence[UUID], held: list[UUID]) -> int | None:
    # Resending asks for it, and the configuration's lock comes before any row's.
    hold_shared()
    running = BulkAction.objects.filter(state=BulkState.RUNNING).exclude(pk__in=failed).order_by("moved_at")
    action = running.select_for_update(skip_locked=True, no_key=True).first()
    if action is None:
        return None
    held.append(action.pk)
    ids = _ids(action)
    if ids:
        _note(action, ids, _do(action, ids))
    if len(ids) < _batch(action):
        action.state, action.ended_at = BulkState.DONE, clock.now()
    action.save()
    return len(ids)


def _ids(action: BulkAction) -> list[UUID]:
    """The next jobs. A filter that fits no more, since what it names is gone, has none."""
    form = LogFilter(QueryDict(action.filter))
    if not form.is_valid():
        return []
    jobs = form.jobs().filter(id__gt=action.cursor, id__lte=action.upto)
    return list(jobs.order_by("id").values_list("id", flat=True)[: _batch(action)])


def _batch(action: BulkAction) -> int:
    return min(BATCH, MOVES) if action.act == Act.MOVE else BATCH


def _do(action: BulkAction, ids: Sequence[UUID]) -> Acted:
    pace = Pace(action.tails, clock.now())
    match Act(action.act):
        case Act.RESEND:
            return acts.resend(ids, again=action.again, when=pace)
        case Act.TRY_NOW:
            return acts.try_now(ids, when=pace)
        case Act.CANCEL:
            person = action.by and (action.by.name or action.by.email)
            return acts.cancel(ids, reason=_("Ended by %(person)s.") % {"person": person or _("somebody")})
        case Act.NOT_RECEIVED:
            return acts.not_received(ids, by=action.by_id)
        case Act.MOVE:
            to = action.target
            assert to is not None  # a constraint says so
            reason = services.moved_words(to, action.by)
            return acts.move(ids, to=to.pk, reason=reason, again=action.again, when=pace)


def _note(action: BulkAction, ids: Sequence[UUID], acted: Acted) -> None:
    refused = sorted(acted.refused.items())
    BulkSkip.objects.bulk_create(BulkSkip(action=action, job_id=job, refusal=why) for job, why in refused)
    action.refusals = dict(Counter(action.refusals) + Counter(why.value for _job, why in refused))
    action.cursor, action.moved_at = ids[-1], clock.now()
    action.done += len(acted.done)
    action.skipped += len(refused)
