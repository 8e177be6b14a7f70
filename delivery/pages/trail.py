"""A job's attempts as a time line: each with the wait before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from delivery.models import Attempt, Job
from delivery.pages import words
from leadflip.kit import show


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt. `gap`: how long after what came before it began, "" within a second."""

    attempt: Attempt
    gap: str
    error: str
    chosen: bool


def steps(job: Job, tries: Sequence[Attempt], chosen: Attempt | None) -> list[Step]:
    """The attempts in their order; the first one's gap counts from the job's making."""
    before = [job.created_at, *(attempt.started_at for attempt in tries)]
    return [
        Step(attempt, gap(since, attempt.started_at), _error(attempt), attempt == chosen)
        for since, attempt in zip(before, tries, strict=False)
    ]


def chosen(tries: Sequence[Attempt], wanted: str) -> Attempt | None:
    """The attempt that the address names by its id, else the last."""
    named = (attempt for attempt in tries if str(attempt.id) == wanted)
    return next(named, tries[-1] if tries else None)


def gap(since: datetime, until: datetime) -> str:
    """«2 min 5 s»; "" within a second, and for what began before (a late attempt)."""
    length = until - since
    return show.span(length) if length.total_seconds() >= 1 else ""


def _error(attempt: Attempt) -> str:
    named: Any = words.ERROR_CLASSES.get(attempt.error_class, "")
    return ": ".join(str(part) for part in (named, attempt.error) if part)
