"""What jobs may do as far as others are concerned: asked of those above, who count places and decide.

Registered by them, since calls go down the import line only.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from delivery.models import Job
from delivery.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Moved:
    """By job, the new one that its lead has at another partner; and why the others have none."""

    made: Mapping[UUID, UUID] = field(default_factory=dict)
    refused: Mapping[UUID, Refusal] = field(default_factory=dict)


class Readmission(Protocol):
    """Places for jobs that are resent, and other partners for those that are moved.

    All jobs are locked by the current transaction, which took `hold_shared()` before.
    """

    def take(self, jobs: Sequence[Job]) -> Mapping[UUID, Refusal]:
        """Takes a place for each job, in this order; returns those that get none, because a cap is full.

        The jobs hold none.
        """
        ...

    def elsewhere(self, jobs: Sequence[Job]) -> AbstractSet[UUID]:
        """Those whose leads as many others have as their profiles let have one; locks the leads.

        Of several such jobs of one lead the first ones may go.
        """
        ...

    def move(self, jobs: Sequence[Job], to: int) -> Moved:
        """Lets the profile of each job decide its lead once more, with the partner `to` alone."""
        ...


_registered: list[Readmission] = []


def register_readmission(readmission: Readmission) -> None:
    """Called once, by distribution's AppConfig."""
    _registered[:] = [readmission]


def readmission() -> Readmission:
    """The registered one."""
    return _registered[0]
