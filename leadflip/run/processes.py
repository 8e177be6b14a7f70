"""The product's own processes: web, worker, beat."""

import os
import platform
import sys
import urllib.error

from leadflip.run import named, terminal
from leadflip.run.child import Spec
from leadflip.run.loopback import open_url
from leadflip.run.ports import HOST
from leadflip.run.sample.demo import Demo
from leadflip.run.sample.received import received
from leadflip.run.state import ENVIRONMENT, State

# A thread keeps a database connection.
WEB_THREADS = 8
WEB_KILL_SECONDS = 5
SIDE_TASKS = 2
# Celery's own end takes 4 s; calls in flight have the engine's grace before they are handed back.
WORKER_GRACE = 30.0
PROBE_SECONDS = 2.0
HTTP_SERVER_ERROR = 500
OFF = ("0", "false", "no", "off")
SHARED = ("DEMO", "BASE_URL", "OUTGOING_ALLOW", "SMTP_URL", "SMTP_FROM")
SENDER = "leadflip@example.com"


def every(state: State, port: int, demo: Demo | None) -> list[Spec]:
    """In the order of their start."""
    product = [_web(port), _worker(port), _beat(state)]
    return product if demo is None else [_sample(state), *product]


def _web(port: int) -> Spec:
    command = [sys.executable, "-m", "granian", "leadflip.wsgi:application", "--interface", "wsgi"]
    command += ["--host", HOST, "--port", str(port), "--http", "1", "--no-ws"]
    command += ["--blocking-threads", str(WEB_THREADS), "--respawn-failed-workers"]
    # A worker that is asked to end while it loads does not hear of it.
    command += ["--workers-kill-timeout", str(WEB_KILL_SECONDS)]
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
        with open_url(url, PROBE_SECONDS) as answer:
            return bool(answer.status < HTTP_SERVER_ERROR)
    except urllib.error.HTTPError as error:
        # ALLOWED_HOSTS may well leave out 127.0.0.1.
        return error.code < HTTP_SERVER_ERROR
    except OSError:
        return False


def _pings(worker: str) -> bool:
    from leadflip.celery import app

    return bool(app.control.inspect(destination=[worker], timeout=0.5).ping())


def environment(state: State, port: int) -> Demo | None:
    """Set what the processes are told by the environment; what somebody named stays.

    With servers of our own that is demo mode, unless DEMO is off. It is shared with commands in other
    terminals, so that a worker started there delivers like ours.
    """
    os.environ.setdefault("BASE_URL", terminal.address(port).rstrip("/"))
    if named.named("DATABASE_URL") or os.environ.setdefault("DEMO", "1").lower() in OFF:
        state.write(ENVIRONMENT, {})
        return None
    demo = Demo.of(state)
    allowed = os.environ.get("OUTGOING_ALLOW")
    crm = f"{HOST}/32:{demo.crm_port}"
    os.environ["OUTGOING_ALLOW"] = f"{allowed},{crm}" if allowed else crm
    if not named.named("SMTP_URL"):
        os.environ["SMTP_URL"] = f"smtp://{HOST}:{demo.smtp_port}"
        os.environ.setdefault("SMTP_FROM", SENDER)
    state.write(ENVIRONMENT, {name: os.environ[name] for name in SHARED if name in os.environ})
    return demo


def _sample(state: State) -> Spec:
    """The sample partners' receiving ends."""
    command = [sys.executable, "-m", "leadflip.run.sample"]
    return Spec("sample", command, lambda: received(state, "crm") is not None, outlives=True)
