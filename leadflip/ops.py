"""What a load balancer asks: `/healthz` (the process is up) and `/readyz` (what it needs answers)."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing

import redis
import structlog
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

# Seconds until a part that has not answered counts as down; the whole answer takes no longer.
PATIENCE = 1.5


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all; asks nothing of anybody."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 when the database fails, since nothing works then; 200 and `degraded` without the broker."""
    down = _down(PROBES)
    if "database" in down:
        return JsonResponse({"status": "unavailable", "failed": down}, status=503)
    if down:
        return JsonResponse({"status": "degraded", "degraded": down})
    return JsonResponse({"status": "ok"})


def ask_database() -> None:
    """One query on a connection of its own: the request's may hang for as long as TCP does."""
    connection = connections.create_connection("default")
    options = {**connection.settings_dict["OPTIONS"], "connect_timeout": 2, "tcp_user_timeout": 2000}
    connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def ask_broker() -> None:
    """One PING, never tried again."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
    )
    with closing(client):
        client.ping()


PROBES: Mapping[str, Callable[[], None]] = {"database": ask_database, "broker": ask_broker}
# Threads of their own, since neither a name look-up nor a hung server can be given a time-out. Two a
# part: what hangs is bounded, and the one part's hanging says nothing about the other.
_pools = {name: ThreadPoolExecutor(2, thread_name_prefix=f"readyz-{name}") for name in PROBES}


def _down(probes: Mapping[str, Callable[[], None]]) -> list[str]:
    asked = {name: _pools[name].submit(probe) for name, probe in probes.items()}
    wait(asked.values(), timeout=PATIENCE)
    return [name for name, answer in asked.items() if not _fine(name, answer)]


def _fine(name: str, answer: "Future[None]") -> bool:
    if not answer.done():
        answer.cancel()
        log.warning("probe_failed", part=name, error="no answer in time")
        return False
    error = answer.exception()
    if error is not None:
        # The class alone: the text may hold an address with a password.
        log.warning("probe_failed", part=name, error=type(error).__name__)
    return error is None
