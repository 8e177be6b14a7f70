"""When the jobs of a bulk action are due: spread by lane, so that a new lead need not wait behind them all.

A lane sends what is due in the order of its times. Were fifty thousand jobs due now, a lead that comes in a
minute later would be the last. So they come at half of the partner's rate or, where it has none, at
two a second for each of its calls in flight: a partner that answers within half a second keeps up, and
whatever comes meanwhile is sent among them. The portal sends nothing, and takes all at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from delivery.models import Job
from partners.models import Partner
from partners.models.settings import Kind

SHARE = 0.5
CALLS_A_SECOND = 2.0


class Pace:
    """Gives times from `now` on, each lane's behind its tail; `tails` is brought up to date in place."""

    def __init__(self, tails: dict[str, str], now: datetime) -> None:
        self._tails, self._now = tails, now

    def __call__(self, jobs: Sequence[Job]) -> Mapping[UUID, datetime]:
        """See delivery.acts.When."""
        return {job.pk: self._next(job) for job in jobs if job.kind != Kind.PORTAL}

    def _next(self, job: Job) -> datetime:
        lane, due = str(job.settings_id), self._now
        if lane in self._tails:
            due = max(due, datetime.fromisoformat(self._tails[lane]) + timedelta(seconds=gap(job.partner)))
        self._tails[lane] = due.isoformat()
        return due


def gap(partner: Partner) -> float:
    """Seconds between two jobs of a lane of this partner."""
    a_second = SHARE * partner.rate if partner.rate else CALLS_A_SECOND * partner.in_flight
    return 1 / a_second
