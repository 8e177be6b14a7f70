"""What delivery says to those above it."""

from dataclasses import dataclass
from uuid import UUID

from django.dispatch import Signal

# Sent by the engine with `jobs`, a list of Settled that ended as failed or cancelled, inside the
# transaction that remembers that they were told: what a receiver writes is written exactly once. A
# failed job that may have been received (`had_unknown`) is not among them until an operator marks it
# as not received. A receiver that raises is called again, for each job alone, and then each second.
job_settled = Signal()


@dataclass(frozen=True, slots=True)
class Settled:
    """One job that did not deliver: `status` is failed or cancelled, `outcome` its last attempt's."""

    job: UUID
    lead: UUID
    assignment: int | None
    partner: int
    status: str
    outcome: str
    had_unknown: bool
