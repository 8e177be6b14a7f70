"""Whether a letter may still be called off: one decision, seen alike by the loop and the thread."""

import threading


class CalledOff(Exception):
    """The letter was called off before DATA."""


class Flight:
    """One letter on its way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._off = self._gone = False

    def call_off(self) -> bool:
        """True if the letter will not go out; False when DATA has begun, so that it may have."""
        with self._lock:
            self._off = True
            return not self._gone

    def check(self) -> None:
        """Raises CalledOff."""
        with self._lock:
            if self._off:
                raise CalledOff

    def go(self) -> None:
        """Called right before DATA. Raises CalledOff."""
        with self._lock:
            if self._off:
                raise CalledOff
            self._gone = True
