"""How many letters may wait for a connection: a moment's work of a quick server, none of a slow one."""

import time

# Seconds of work that may lie before a connection. A claim costs as much as several letters to a server
# near by, so rows are claimed ahead of the places there; a letter that takes longer than this is alone.
AHEAD = 0.1
MOST_AHEAD = 64
# A letter that is under way for so long makes a server slow, whatever it was before.
STUCK = 1.0
# How much the newest letter says.
WEIGHT = 0.2


class Pace:
    """Learns from each letter; `depth` is how many one connection may have, under way or waiting."""

    def __init__(self) -> None:
        self._usual = AHEAD
        self._begun: set[float] = set()

    @property
    def depth(self) -> int:
        """1 to MOST_AHEAD."""
        oldest = min(self._begun, default=None)
        if oldest is not None and time.monotonic() - oldest > STUCK:
            return 1
        return max(1, min(MOST_AHEAD, int(AHEAD / self._usual)))

    def begin(self) -> float:
        """A letter is under way now; give the result to `end`."""
        began = time.monotonic()
        self._begun.add(began)
        return began

    def end(self, began: float) -> None:
        """It is not any more."""
        took = max(time.monotonic() - began, 1e-6)
        self._begun.discard(began)
        # One slow letter counts at once, quick ones bit by bit.
        self._usual = took if took > AHEAD else self._usual + WEIGHT * (took - self._usual)
