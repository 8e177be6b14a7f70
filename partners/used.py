"""Where a partner is of use, and how much of its caps is used; what knows it is above.

`distribution` registers the reader.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from partners.models import Partner


class Use(NamedTuple):
    """`caps`: the leads today, this week, this month and in all, None where nobody counted yet.

    In the partner's time zone; in the order of `partners.caps.PERIODS`. `profiles`: how many use the
    partner's own delivery settings. `own`: the caps that its people lowered, in words.
    """

    caps: Sequence[int] | None = None
    profiles: int = 0
    own: Sequence[str] = ()


class UseReader(Protocol):
    """What is used of partners."""

    def use(self, partner: Partner) -> Use:
        """Of one partner, saved or not; one query."""
        ...


_readers: list[UseReader] = []


def register_use_reader(reader: UseReader) -> None:
    """Called once, by distribution's AppConfig."""
    _readers[:] = [reader]


def use_reader() -> UseReader:
    """The registered reader."""
    return _readers[0]
