"""django-webhook, its event log on: one Celery task a delivery, in a venv of its own."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from django.db import connection

from bench.anchors.task_a_delivery import steady_rate
from bench.parts.ground import FOLDER
from bench.parts.partners import Partners
from bench.parts.processes import cpu_seconds, running
from bench.parts.report import Report
from leadflip.run.state import PROJECT, State

COUNT = 300
WARM_UP = 20
BROKER = 5
DATABASE = "django_webhook"
VENV = FOLDER / "venv"
PYTHON = VENV / "bin" / "python"
LOCK = PROJECT / "bench" / "requirements.txt"
HERE = Path(__file__).resolve().parent
WORKER = ["-m", "celery", "-A", "webhook_site", "worker", "--concurrency", "8", "--pool", "threads"]
WORKER += ["--without-gossip", "--without-mingle", "--hostname", "beside@127.0.0.1"]


def rate(report: Report, there: Partners, state: State, *, body_size: int) -> float | None:
    """Deliveries a second from the first receipt to the last; None where it cannot be installed."""
    trouble = _install()
    if trouble:
        report.lacks(f"django_webhook: {trouble}")
        return None
    try:
        return _rate(report, there, state, body_size)
    except (subprocess.SubprocessError, TimeoutError) as error:
        report.lacks(f"django_webhook did not run: {error}")
        return None


def _rate(report: Report, there: Partners, state: State, body_size: int) -> float:
    environment = _environment(state)
    _fire(environment, "prepare", there.url("/ok/django-webhook"))
    command = [str(PYTHON), *WORKER]
    with running("django-webhook", command, worker=True, environment=environment, cwd=HERE) as process:
        _deliver(environment, there, WARM_UP, body_size)
        before = cpu_seconds(process.pid)
        came = _deliver(environment, there, COUNT, body_size)
        report.add("beside.django_webhook_cpu_us", (cpu_seconds(process.pid) - before) / COUNT * 1e6)
    return steady_rate(came)


def _deliver(environment: dict[str, str], there: Partners, count: int, body_size: int) -> list:
    there.reset()
    _fire(environment, "fire", str(count), str(body_size))
    there.wait(count)
    return there.came()


def _install() -> str:
    """What prevented the installation; "" where it stands."""
    done = VENV / "requirements.txt"
    if done.exists() and done.read_bytes() == LOCK.read_bytes():
        return ""
    print("  installing what stands beside (once) …", flush=True)
    steps = (
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(LOCK)],
    )
    for step in steps:
        answer = subprocess.run(step, capture_output=True, text=True, timeout=120, check=False)
        if answer.returncode:
            return f"pip could not install {LOCK.name}: {(answer.stderr.strip() or '?').splitlines()[-1]}"
    done.write_bytes(LOCK.read_bytes())
    return ""


def _environment(state: State) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        missing = cursor.fetchone() is None
    where = connection.settings_dict
    if missing:
        with psycopg.connect(
            host=where["HOST"],
            port=where["PORT"],
            user=where["USER"],
            password=where["PASSWORD"],
            dbname=where["NAME"],
            autocommit=True,
        ) as own:
            own.execute(f"CREATE DATABASE {DATABASE}")
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "webhook_site.settings",
        "SITE_DATABASE": ":".join(str(where[key]) for key in ("HOST", "PORT", "USER", "PASSWORD")),
        "SITE_BROKER": str(state.redis_url(BROKER)),
        "PYTHONPATH": str(HERE),
        # The package reads its tables while it is set up, and Django says so each time.
        "PYTHONWARNINGS": "ignore",
    }


def _fire(environment: dict[str, str], *words: str) -> None:
    subprocess.run(
        [str(PYTHON), "-m", "webhook_site.fire", *words],
        env={**os.environ, **environment},
        cwd=HERE,
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )
