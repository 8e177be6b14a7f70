"""How many requests of one key this process lets in: without broker or database, which may be away.

A key's bucket holds a minute's worth at most and fills steadily. Each web process counts for itself.
"""

import math
import threading
import time

# Keys whose buckets are kept; beyond that, full ones are forgotten first.
MOST = 10_000
# Of one request: what sums of floats may be short of.
SHORT = 1e-6

_lock = threading.Lock()
# By key, what is left, and when that was so.
_buckets: dict[object, tuple[float, float]] = {}


def wait(key: object, a_minute: int) -> int:
    """Takes one of the `a_minute` requests of `key`: 0, or the seconds until there is one again."""
    with _lock:
        now = time.monotonic()
        left, at = _buckets.get(key, (float(a_minute), now))
        left = min(float(a_minute), left + (now - at) * a_minute / 60)
        enough = left >= 1 - SHORT
        _buckets[key] = (left - enough, now)
        if len(_buckets) > MOST:
            _forget(now)
    return 0 if enough else math.ceil((1 - SHORT - left) * 60 / a_minute)


def forget() -> None:
    """Empties all buckets."""
    with _lock:
        _buckets.clear()


def _forget(now: float) -> None:
    """Those not used for a minute are full again."""
    for key, (_left, at) in list(_buckets.items()):
        if now - at >= 60:
            del _buckets[key]
