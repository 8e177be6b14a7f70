"""What machines ask: `/healthz` (the process is up), `/readyz` (what it needs answers), `/metrics`."""

import ipaddress
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing

import redis
import structlog
from django.conf import settings
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from delivery.metrics import figures, troubles
from leadflip.kit.figures import CONTENT_TYPE, exposition

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
    """503 when the database fails, since nothing works then; 200 and `degraded` where less is missing.

    "broker": it does not answer; "worker": no engine lives; "clock": one of our clocks and the
    database's are more than 5 s apart.
    """
    down = missing()
    if "database" in down:
        return JsonResponse({"status": "unavailable", "failed": down}, status=503)
    if down:
        return JsonResponse({"status": "degraded", "degraded": down})
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, to this machine and to whoever has METRICS_TOKEN."""
    if not (_has_token(request) or _is_local(request)):
        words = "Send METRICS_TOKEN as a bearer token, or ask from the machine itself.\n"
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse(words, status=401, content_type="text/plain; charset=utf-8", headers=headers)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5s'")
        return HttpResponse(exposition(figures()), content_type=CONTENT_TYPE)


def _has_token(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    return bool(token) and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")


def _is_local(request: HttpRequest) -> bool:
    # Behind a proxy everybody seems to be local.
    if settings.HTTPS or {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & request.headers.keys():
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def ask_database() -> list[str]:
    """One query on a connection of its own: the request's may hang for as long as TCP does."""
    own = connections.create_connection("default")
    options = {**own.settings_dict["OPTIONS"], "connect_timeout": 2, "tcp_user_timeout": 2000}
    own.settings_dict = {**own.settings_dict, "OPTIONS": options}
    with closing(own), own.cursor() as cursor:
        return troubles(cursor)


def ask_broker() -> list[str]:
    """One PING, never tried again."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
    )
    with closing(client):
        client.ping()
    return []


# Each returns what it found amiss besides its own part.
PROBES: Mapping[str, Callable[[], list[str]]] = {"database": ask_database, "broker": ask_broker}
# Threads of their own, since neither a name look-up nor a hung server can be given a time-out. Two a
# part: what hangs is bounded, and the one part's hanging says nothing about the other.
_pools = {name: ThreadPoolExecutor(2, thread_name_prefix=f"readyz-{name}") for name in PROBES}


def missing() -> list[str]:
    """ "database", "broker", "worker", "clock": what does not answer, or is off. Takes PATIENCE at most."""
    return _down(PROBES)


def _down(probes: Mapping[str, Callable[[], list[str]]]) -> list[str]:
    asked = {name: _pools[name].submit(probe) for name, probe in probes.items()}
    wait(asked.values(), timeout=PATIENCE)
    parts = [answer.result() if _fine(name, answer) else [name] for name, answer in asked.items()]
    return [part for found in parts for part in found]


def _fine(name: str, answer: "Future[list[str]]") -> bool:
    if not answer.done():
        answer.cancel()
        log.warning("probe_failed", part=name, error="no answer in time")
        return False
    error = answer.exception()
    if error is not None:
        # The class alone: the text may hold an address with a password.
        log.warning("probe_failed", part=name, error=type(error).__name__)
    return error is None
