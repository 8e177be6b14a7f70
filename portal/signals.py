"""News that goes up from the portal."""

from datetime import datetime
from typing import NamedTuple

from django.dispatch import Signal


class Standing(NamedTuple):
    """The answer that an entry has; `at` None: none yet."""

    review: str
    reason: str
    at: datetime | None


# Sent inside the answer's transaction, with `entry` (answered, or as it was before where the answer was taken
# back), its Standing until then in `was`, and `user`; a receiver that raises undoes it.
entry_answered = Signal()
