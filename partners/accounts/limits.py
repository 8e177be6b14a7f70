"""Who is counted by the sign-in limits, and how long somebody has to wait."""

import ipaddress
import math
import time
from functools import lru_cache

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import ngettext

APP, FAILED = "allauth.account", "login_failed"
UNKNOWN = "unknown"


def address(request: HttpRequest, proxies: int) -> str:
    """The client's address: what the outermost of our `proxies` wrote into X-Forwarded-For.

    With fewer entries than proxies somebody came past them: then the connection's own counts.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    found = hops[-proxies] if 0 < proxies <= len(hops) else request.META.get("REMOTE_ADDR", "")
    return _plain(found)


@lru_cache(maxsize=1024)
def _plain(written: str) -> str:
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        return UNKNOWN


def wait_words(request: HttpRequest, key: str) -> str:
    """The lock-out of one e-mail address or place, with the minutes until the next attempt."""
    minutes = max(1, math.ceil(_seconds(request, key) / 60))
    return ngettext(
        "Too many wrong attempts. Signing in works again in %(minutes)d minute. "
        "Changing the password by e-mail works at once.",
        "Too many wrong attempts. Signing in works again in %(minutes)d minutes. "
        "Changing the password by e-mail works at once.",
        minutes,
    ) % {"minutes": minutes}


def _seconds(request: HttpRequest, key: str) -> float:
    """Until each used-up rate has room again; the newest entry of a history comes first."""
    now, longest = time.time(), 0.0
    for rate in ratelimit.get_rates(app=APP, action=FAILED):
        kept = ratelimit.get_cache_key(request, app=APP, action=FAILED, rate=rate, key=key)
        history = cache.get(kept, [])
        if len(history) >= rate.amount:
            longest = max(longest, history[rate.amount - 1] + rate.duration - now)
    return longest
