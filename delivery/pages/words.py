"""A job in words: what the log and the job page say of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from delivery.models import Job, Lane
from delivery.models.job import Status
from delivery.retry import DEFAULT
from leadflip.kit import clock, show
from partners.sheet import ADDRESS_PARTS, Sheet

ERROR_CLASSES: Mapping[str, Promise] = {
    "dns": gettext_lazy("Host not found"),
    "refused": gettext_lazy("Connection refused"),
    "reset": gettext_lazy("Connection lost"),
    "tls": gettext_lazy("TLS failed"),
    "timeout": gettext_lazy("No answer in time"),
    "protocol": gettext_lazy("Answer is not HTTP or SMTP"),
    "blocked": gettext_lazy("Address not allowed"),
    "redirect": gettext_lazy("Redirect, not followed"),
    "http_4xx": gettext_lazy("HTTP 4xx"),
    "http_5xx": gettext_lazy("HTTP 5xx"),
    "smtp_4xx": gettext_lazy("SMTP 4xx"),
    "smtp_5xx": gettext_lazy("SMTP 5xx"),
    "auth": gettext_lazy("Sign-in refused"),
    "not_configured": gettext_lazy("Not configured"),
    "settings": gettext_lazy("Settings do not work"),
    "template": gettext_lazy("Template error"),
    "erased": gettext_lazy("Lead erased"),
    "sealed": gettext_lazy("Encrypted value does not open"),
    "bounced": gettext_lazy("Returned mail"),
    "rejected": gettext_lazy("Rejected by the partner"),
    "duplicate": gettext_lazy("Duplicate at the partner"),
    "worker_lost": gettext_lazy("Worker lost"),
    "internal": gettext_lazy("Internal error"),
}


RECIPIENT: Mapping[str, Promise] = {
    "accepted": gettext_lazy("Accepted"),
    "refused": gettext_lazy("Refused"),
    "deferred": gettext_lazy("Not yet accepted"),
    "bounced": gettext_lazy("Accepted, then returned"),
}


def mark(job: Job) -> str:
    """Differs whenever the job's page would: two equal marks show the same."""
    due = int(job.next_attempt_at.timestamp() * 1000) if job.next_attempt_at else 0
    return f"{job.status}.{job.attempts}.{due}.{int(job.had_unknown)}"


def shut_until(lane: Lane | None) -> datetime | None:
    """When a destination that is left alone is tried again; None where nothing is held back."""
    if lane is None or lane.state not in (Lane.State.OPEN, Lane.State.PROBING):
        return None
    return lane.open_until


def paused(lane: Lane | None) -> str:
    """«Waits: its destination was paused by Ana Petrova, 24 Nov 2026, 14:05. …»; "" where it is not."""
    if lane is None or lane.paused_at is None:
        return ""
    return _("Waits: its destination is paused %(how)s. Waiting costs it no attempt.") % {"how": pause(lane)}


def pause(lane: Lane) -> str:
    """«by Ana Petrova since 24 Nov 2026, 14:05», of a paused lane."""
    since = show.full_time(lane.paused_at) if lane.paused_at else show.EMPTY
    if lane.paused_by is None:
        return _("since %(since)s") % {"since": since}
    person = plain(lane.paused_by.name or lane.paused_by.email)
    return _("by %(person)s since %(since)s") % {"person": person, "since": since}


def slowed(lane: Lane | None) -> str:
    """Why a waiting job's destination is left alone, and until when; "" where it is not."""
    if lane is None or lane.open_until is None or shut_until(lane) is None:
        return ""
    if lane.state == Lane.State.PROBING:
        return _("Its destination failed again and again. One job is trying it at this moment.")
    return _("Its destination failed again and again: left alone until %(time)s, then one job tries it.") % {
        "time": show.to_the_second(lane.open_until)
    }


def next_probe(lane: Lane) -> str:
    """What happens next to a destination that is left alone."""
    if lane.state == Lane.State.PROBING:
        return _("One job is trying it at this moment.")
    if lane.open_until is not None and lane.open_until <= clock.now():
        return _("Next probe: now, with the next job that is due. One success lets all follow.")
    return _("Next probe: %(time)s, with one job. One success lets all follow.") % {
        "time": show.to_the_second(lane.open_until) if lane.open_until else show.EMPTY
    }


def lead_name(sheet: Sheet | None) -> str:
    """The value of the entity's display field: masked where the field is, "" where there is none."""
    if sheet is None:
        return ""
    if sheet.erased_at is not None:
        return show.erased_on(sheet.erased_at)
    column = next((column for column in sheet.columns if column.key == sheet.display_field), None)
    if column is None:
        return ""
    return show.MASK if column.masked else plain(_one_line(sheet.values.get(column.key)))


def _one_line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(value[part]) for part in ADDRESS_PARTS if value.get(part))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


# Controls become their pictures, which stand in Unicode in the same order; direction changes, which
# could turn the text around them, their numbers.
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"}
_NUMBERS = {
    code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_VISIBLE = _PICTURES | _NUMBERS


def plain(text: str) -> str:
    """`text` with its control and direction characters made visible: none may act on the page."""
    return text.translate(_VISIBLE)


def most_attempts(job: Job) -> int:
    """How many attempts the job may have in all: those before its budget, and the budget's."""
    if job.test:
        return job.budget_from + 1
    waits = DEFAULT.waits if job.policy is None else job.policy.waits
    return job.budget_from + len(waits) + 1


def attempts(job: Job) -> str:
    """«3 of 8»."""
    return _("%(done)d of %(most)d") % {"done": job.attempts, "most": most_attempts(job)}


def sentence(job: Job, now: datetime) -> str:
    """The job's state in one sentence. `job.settings` and `job.policy` are read."""
    return _SENTENCES[Status(job.status)](job, now)


def _queued(job: Job, now: datetime) -> str:
    due = job.next_attempt_at
    if due is not None and due > now:
        return _("Waits for its first attempt, due %(time)s.") % {"time": show.full_time(due)}
    waited = show.span(now - due) if due is not None else show.EMPTY
    return _("Waits for a worker since %(waited)s.") % {"waited": waited}


def _sending(job: Job, now: datetime) -> str:
    return _("Attempt %(attempts)s is on its way.") % {"attempts": attempts(job)}


def _retrying(job: Job, now: datetime) -> str:
    due = show.full_time(job.next_attempt_at) if job.next_attempt_at else show.EMPTY
    return _("Attempt %(attempts)s failed: %(why)s. The next one is due %(time)s.") % {
        "attempts": attempts(job),
        "why": _why(job),
        "time": due,
    }


def _delivered(job: Job, now: datetime) -> str:
    taken = (job.settled_at or now) - job.created_at
    return ngettext(
        "Delivered at the first attempt, %(taken)s after routing.",
        "Delivered after %(count)d attempts, %(taken)s after routing.",
        job.attempts,
    ) % {"count": job.attempts, "taken": show.duration(int(taken.total_seconds() * 1000))}


def _failed(job: Job, now: datetime) -> str:
    if not job.attempts:
        return _("Failed without an attempt: %(why)s.") % {"why": _why(job)}
    if job.last_error_class == "bounced":
        return _("Failed: the letter came back. %(why)s.") % {"why": _why(job)}
    if job.attempts == 1:
        return _("Failed at the first attempt; %(why)s.") % {"why": _last_answer(job)}
    return ngettext(
        "Failed after %(count)d attempt over %(span)s; %(why)s.",
        "Failed after %(count)d attempts over %(span)s; %(why)s.",
        job.attempts,
    ) % {
        "count": job.attempts,
        "span": show.span((job.settled_at or now) - job.budget_due),
        "why": _last_answer(job),
    }


def _cancelled(job: Job, now: datetime) -> str:
    if not job.reason:
        return _("Cancelled: no more attempts.")
    return _("Cancelled: %(why)s.") % {"why": job.reason.rstrip(".")}


def _last_answer(job: Job) -> str:
    """«last answer 500 from crm.example», «last error: crm.example refused the connection»."""
    if not job.last_code:
        return _("last error: %(why)s") % {"why": _why(job)}
    if not job.settings.host:
        return _("last answer %(code)s") % {"code": job.last_code}
    return _("last answer %(code)s from %(host)s") % {"code": job.last_code, "host": job.settings.host}


def _why(job: Job) -> str:
    """Our own words for the last failure, without the final stop."""
    why = job.last_error or job.reason or ERROR_CLASSES.get(job.last_error_class, job.last_error_class)
    return str(why).rstrip(".") or show.EMPTY


_SENTENCES = {
    Status.QUEUED: _queued,
    Status.SENDING: _sending,
    Status.RETRYING: _retrying,
    Status.DELIVERED: _delivered,
    Status.FAILED: _failed,
    Status.CANCELLED: _cancelled,
}
