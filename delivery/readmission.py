"""Whether a job that gave its place back may have one again: asked of those above, who count places.

Registered by them, since calls go down the import line only.
"""

from typing import Protocol

from delivery.models import Job


class Readmission(Protocol):
    """Places for jobs that are resent."""

    def take(self, job: Job) -> bool:
        """Takes a place for `job`, which holds none, in the current transaction; False: a cap is full."""
        ...


_registered: list[Readmission] = []


def register_readmission(readmission: Readmission) -> None:
    """Called once, by distribution's AppConfig."""
    _registered[:] = [readmission]


def readmission() -> Readmission:
    """The registered one."""
    return _registered[0]
