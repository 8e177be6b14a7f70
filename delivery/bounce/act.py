"""What a bounce changes: the recipients' states, the job, and the attempt whose letter came back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from delivery.bounce import words
from delivery.bounce.match import pairs
from delivery.bounce.report import FAILED, Returned
from delivery.models import Alert, Attempt, Job
from delivery.models.attempt import Outcome
from delivery.models.bounce import Effect
from delivery.models.job import WAITING, Status
from delivery.smtp.states import ACCEPTED, BOUNCED, SETTLED_STATES, States, open_ones
from leadflip.kit import clock

CLASS = "bounced"
ALERT_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Came:
    """What came back for which of the job's recipients, and which attempt had handed it over."""

    struck: list[tuple[str, Returned]]
    attempt: Attempt | None

    @property
    def words(self) -> str:
        """All of them in our words."""
        return " ".join(words.failed(name, one) for name, one in self.struck)[:500]

    @property
    def code(self) -> int | None:
        """The SMTP code of the first that has one."""
        return next((one.code for _name, one in self.struck if one.code), None)


def strike(job_id: UUID, sent_at: datetime | None, returned: Iterable[Returned]) -> tuple[Effect, str]:
    """Strikes the recipients off that a report says are not reached; what that did, and in what words.

    In a transaction. The job fails once nobody is left who has the letter or is still to be mailed; its
    end is then told as any other.
    """
    job = Job.objects.select_for_update(no_key=True, of=("self",)).select_related("settings").get(pk=job_id)
    if job.status == Status.SENDING:
        # Settling would write over the recipients' states.
        return Effect.WAITING, _("The job is being sent at this moment.")
    attempt = _attempt(job, sent_at)
    if _earlier(job, attempt):
        return Effect.REPEATED, _("It is about an earlier sending of the job.")
    states: States = dict(job.recipients or {})
    names = list(dict.fromkeys([*job.settings.config.get("recipients", []), *states]))
    named = pairs(names, [one for one in returned if one.action == FAILED])
    struck = [(name, one) for name, one in named if states.get(name, {}).get("state") not in _GONE]
    came = Came(struck, attempt)
    if not named:
        return Effect.NOTED, _("It names nobody whom the job was sent to.")
    if not struck:
        return Effect.REPEATED, _("All whom it names had been struck off before.")
    for name, one in struck:
        states[name] = {"state": BOUNCED, "code": one.code}
    job.recipients = states
    return _follow(job, names, came), came.words


_GONE = tuple(state for state in SETTLED_STATES if state != ACCEPTED)


def _attempt(job: Job, sent_at: datetime | None) -> Attempt | None:
    """The attempt whose letter came back: the last one that had begun when it was written."""
    tries = Attempt.objects.filter(job=job).order_by("-number", "late")
    if sent_at is not None:
        # The return address holds whole seconds.
        tries = tries.filter(started_at__lt=sent_at + timedelta(seconds=1))
    return tries.first()


def _earlier(job: Job, attempt: Attempt | None) -> bool:
    """Whether the letter was one of before the job's present budget, which a resend began."""
    unsent = job.status in WAITING and job.attempts == job.budget_from
    return unsent or (attempt is not None and attempt.number <= job.budget_from)


def _follow(job: Job, names: list[str], came: Came) -> Effect:
    states = job.recipients or {}
    has_it = any(told.get("state") == ACCEPTED for told in states.values())
    ended = job.status in (Status.FAILED, Status.CANCELLED)
    if ended:
        job.save(update_fields=["recipients"])
        return Effect.NOTED
    if job.status in WAITING and open_ones(names, states):
        job.last_error = came.words
        job.save(update_fields=["recipients", "last_error"])
        _mark(came, failed=False)
        return Effect.RECIPIENT
    _end(job, came, failed=not has_it)
    _mark(came, failed=not has_it)
    return Effect.RECIPIENT if has_it else Effect.JOB_FAILED


def _end(job: Job, came: Came, *, failed: bool) -> None:
    """The job's end: nobody is left to be mailed."""
    changed: dict[str, Any] = {"recipients": job.recipients, "last_error": came.words}
    if failed:
        changed |= {
            "status": Status.FAILED,
            "last_outcome": Outcome.PERMANENT,
            "last_error_class": CLASS,
            "last_code": came.code,
            "reason": came.words,
            "told": False,
        }
    elif job.status in WAITING:
        changed |= {"status": Status.DELIVERED, "last_outcome": Outcome.DELIVERED, "told": True}
    if failed or job.status in WAITING:
        changed |= {"settled_at": Now(), "next_attempt_at": None}
    Job.objects.filter(pk=job.pk).update(**changed)
    if failed:
        _alert(job)


def _mark(came: Came, *, failed: bool) -> None:
    """The attempt that handed the letter over says what became of it."""
    attempt = came.attempt
    if attempt is None:
        return
    if attempt.outcome == Outcome.DELIVERED:
        attempt.error_class, attempt.error = CLASS, came.words
        attempt.code = came.code or attempt.code
        attempt.outcome = Outcome.PERMANENT if failed else attempt.outcome
    else:
        attempt.error = f"{attempt.error} {came.words}".strip()[:500]
    attempt.save(update_fields=["error_class", "error", "code", "outcome"])


def _alert(job: Job) -> None:
    """An event, so closed as it is opened; one an hour for a lane."""
    now, key = clock.now(), Alert.key_of(job.settings_id)
    recent = Alert.objects.filter(kind=Alert.Kind.BOUNCED, key=key, opened_at__gt=now - ALERT_EVERY)
    if not recent.exists():
        Alert.objects.create(kind=Alert.Kind.BOUNCED, key=key, opened_at=now, closed_at=now)
