"""The product's own processes: web, worker, beat."""

import os
import platform
import sys
import urllib.error
import urllib.request

from leadflip.run.child import Spec
from leadflip.run.ports import HOST
from leadflip.run.state import State

# A thread keeps a database connection.
WEB_THREADS = 8
SIDE_TASKS = 2
# Celery's own end takes 4 s; calls in flight have the engine's grace before they are handed back.
WORKER_GRACE = 30.0
HTTP_SERVER_ERROR = 500


def product(state: State, port: int) -> list[Spec]:
    """In the order of their start."""
    return [_web(port), _worker(port), _beat(state)]


def _web(port: int) -> Spec:
    command = [sys.executable, "-m", "granian", "leadflip.wsgi:application", "--interface", "wsgi"]
    command += ["--host", HOST, "--port", str(port), "--http", "1", "--no-ws"]
    command += ["--blocking-threads", str(WEB_THREADS), "--respawn-failed-workers"]
    return Spec("web", command, lambda: _answers(f"http://{HOST}:{port}/healthz"))


def _worker(port: int) -> Spec:
    # Two installations on one machine may share a broker; their web ports differ.
    name = f"leadflip-{port}@{platform.node()}"
    command = [*_celery(), "worker", "--hostname", name, "--concurrency", str(SIDE_TASKS)]
    command += ["--without-gossip", "--without-mingle"]
    return Spec("worker", command, lambda: _pings(name), WORKER_GRACE)


def _beat(state: State) -> Spec:
    schedule = state.root / "beat-schedule"
    command = [*_celery(), "beat", "--schedule", str(schedule), "--pidfile", ""]
    return Spec("beat", command, lambda: True)


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "leadflip"]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status < HTTP_SERVER_ERROR)
    except urllib.error.HTTPError as error:
        # ALLOWED_HOSTS may well leave out 127.0.0.1.
        return error.code < HTTP_SERVER_ERROR
    except OSError:
        return False


def _pings(worker: str) -> bool:
    from leadflip.celery import app

    return bool(app.control.inspect(destination=[worker], timeout=0.5).ping())


def environment(port: int) -> None:
    """What the processes are told by way of our environment; what somebody named stays."""
    os.environ.setdefault("BASE_URL", f"http://{HOST}:{port}")
    if not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("DEMO", "1")
