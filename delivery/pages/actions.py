"""What may be done with a job now, in buttons; and why not, in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery import services
from delivery.models import Job
from delivery.models.job import WAITING, Status
from delivery.refusal import Refusal
from partners.models import User


@dataclass(frozen=True, slots=True)
class Action:
    """A button. With `asks`, what the action does is said and confirmed first."""

    name: str
    label: Any
    asks: str = ""
    confirm: Any = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """The buttons of a job and, in `why`, what is to know about those that are missing.

    `move`: whether another partner may be chosen for it.
    """

    actions: list[Action] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    move: bool = False


TRY_NOW, RESEND, CANCEL, NOT_RECEIVED = "try-now", "resend", "cancel", "not-received"
# Of a job that the page showed as delivered: whoever asks for it was told.
RESEND_DELIVERED = "resend-delivered"


# Why trying a job now would not help, by what holds its destination back.
SLOWED = gettext_lazy(
    "“Try now” would not help: the destination itself is held back. One success lets all follow."
)
PAUSED = gettext_lazy("“Try now” would not help: the destination is paused. Resume it on its own page.")


def offer(job: Job, user: User, now: datetime, *, held: Any = "") -> Offer:
    """What `user` may do with `job`, whose partner is read. `held`: why its destination is left alone."""
    if not user.has_perm("delivery.act_job"):
        return Offer(why=[_("Your role reads only: operators and admins try again, resend, cancel.")])
    if job.status == Status.SENDING:
        return Offer(why=[str(Refusal.SENDING.label)])
    if job.status in WAITING:
        return _waiting(job, now, held)
    if job.test:
        return Offer(why=[str(Refusal.TEST.label)])
    if job.erased:
        return Offer(why=[str(Refusal.ERASED.label)])
    return _ended(job)


def _waiting(job: Job, now: datetime, held: Any) -> Offer:
    actions, why = [Action(CANCEL, _("Cancel"))], _doubts(job)
    if held:
        why.append(str(held))
    elif job.next_attempt_at is not None and job.next_attempt_at <= now:
        why.append(_("It is due: a worker takes it as soon as its destination has a place."))
    else:
        actions.insert(0, Action(TRY_NOW, _("Try now"), primary=True))
    return Offer(actions, why, move=not (job.test or job.erased))


def _doubts(job: Job) -> list[str]:
    if not job.had_unknown:
        return []
    return [
        _(
            "An attempt had no answer: the partner may have this lead already. The next one has the same id, "
            "so that a repeat can be discarded. If the partner says that it has the lead, cancel."
        )
    ]


def _ended(job: Job) -> Offer:
    actions, why = [], []
    if not job.partner.active:
        why.append(str(Refusal.INACTIVE.label))
    elif job.status == Status.DELIVERED:
        actions.append(_resend_delivered(job))
    else:
        actions.append(Action(RESEND, _("Resend"), primary=True))
    if job.status == Status.FAILED and job.had_unknown:
        actions.append(_not_received(job))
        why.append(
            _("An attempt had no answer: the partner may have this lead, so nobody else is offered it.")
        )
    return Offer(actions, why, move=True)


# What the partner notices of a lead that is sent to it once more.
AGAIN: Mapping[str, Any] = {
    "webhook": gettext_lazy(
        "%(partner)s has this lead. It is sent again with the same webhook-id, by which repeats "
        "can be discarded."
    ),
    "email": gettext_lazy(
        "%(partner)s has this lead. The e-mail is sent again to all recipients, with the same Message-ID."
    ),
    "portal": gettext_lazy("%(partner)s has this lead in its feed. Sending it again adds nothing there."),
}


def _resend_delivered(job: Job) -> Action:
    told = AGAIN[job.kind] % {"partner": job.partner.name}
    return Action(RESEND_DELIVERED, _("Resend…"), told, _("Send once more"))


def _not_received(job: Job) -> Action:
    asks = _("Ask %(partner)s first. The job then counts as failed: its cap place is given back.")
    return Action(
        NOT_RECEIVED,
        _("Not received…"),
        asks % {"partner": job.partner.name},
        _("Note it as not received"),
    )


def _cancel(job_id: UUID, user: User) -> None:
    reason = _("Ended by %(person)s.") % {"person": user.name or user.email}
    services.cancel(job_id=job_id, reason=reason)


# As the audit log calls them.
NAMES: Mapping[str, Any] = {
    TRY_NOW: gettext_lazy("Try now"),
    RESEND: gettext_lazy("Resend"),
    RESEND_DELIVERED: gettext_lazy("Send once more"),
    CANCEL: gettext_lazy("Cancel"),
    NOT_RECEIVED: gettext_lazy("Not received"),
}
# What each does: raises Refused, Job.DoesNotExist.
DO: Mapping[str, Callable[[UUID, User], None]] = {
    TRY_NOW: lambda job_id, user: services.try_now(job_id=job_id),
    RESEND: lambda job_id, user: services.resend(job_id=job_id),
    RESEND_DELIVERED: lambda job_id, user: services.resend(job_id=job_id, again=True),
    CANCEL: _cancel,
    NOT_RECEIVED: lambda job_id, user: services.not_received(job_id=job_id, by=user),
}
RESENT = gettext_lazy("Sent again from now on, with a fresh budget and the same id.")
DONE: Mapping[str, Any] = {
    TRY_NOW: gettext_lazy("It is due now; a worker takes it at once."),
    RESEND: RESENT,
    RESEND_DELIVERED: RESENT,
    CANCEL: gettext_lazy("Cancelled: no more attempts. “Resend” begins again."),
    NOT_RECEIVED: gettext_lazy("Noted that the partner does not have it."),
}
