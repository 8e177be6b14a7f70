"""How much of a partner's caps is used, as the pages of partners see it; what counts is above.

`distribution` registers the reader.
"""

from collections.abc import Sequence
from typing import Protocol

from partners.models import Partner


class UseReader(Protocol):
    """What is used of caps."""

    def used(self, partner: Partner) -> Sequence[int] | None:
        """The partner's leads today, this week, this month and in all; None where nobody counted yet.

        In the partner's time zone; in the order of `partners.caps.PERIODS`.
        """
        ...


_readers: list[UseReader] = []


def register_use_reader(reader: UseReader) -> None:
    """Called once, by distribution's AppConfig."""
    _readers[:] = [reader]


def use_reader() -> UseReader:
    """The registered reader."""
    return _readers[0]
