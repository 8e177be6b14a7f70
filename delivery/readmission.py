"""Whether jobs that gave their places back may have them again: asked of those above, who count places.

Registered by them, since calls go down the import line only.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from delivery.models import Job
from delivery.refusal import Refusal


class Readmission(Protocol):
    """Places for jobs that are resent."""

    def take(self, jobs: Sequence[Job]) -> Mapping[UUID, Refusal]:
        """Takes a place for each job, in this order; returns those that get none, because a cap is full.

        The jobs hold none, and are locked by the current transaction.
        """
        ...


_registered: list[Readmission] = []


def register_readmission(readmission: Readmission) -> None:
    """Called once, by distribution's AppConfig."""
    _registered[:] = [readmission]


def readmission() -> Readmission:
    """The registered one."""
    return _registered[0]
