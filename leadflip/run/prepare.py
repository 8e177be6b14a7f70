"""Django in the supervisor's own process: settings, system checks, database, migrations."""

import os
from collections.abc import Sequence

import django
import redis
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import Error, connections
from redis.backoff import NoBackoff
from redis.retry import Retry

from leadflip.run.errors import StartError
from leadflip.run.named import named


def settings() -> None:
    """Load the settings and the apps; one line for what they lack."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflip.settings")
    try:
        django.setup()
    except (ImproperlyConfigured, ValueError) as error:
        raise StartError(_one_line(error)) from error


def system() -> None:
    """Run the system checks, then the database's own; ask a broker that somebody named."""
    _pass(checks.run_checks())
    try:
        _pass(checks.run_checks(tags=[checks.Tags.database], databases=["default"]))
    except Error as error:
        raise StartError(_database(error)) from error
    if named("REDIS_URL"):
        _ask_broker(os.environ["REDIS_URL"])


def migrate() -> None:
    """Bring the tables up to date."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except Error as error:
        raise StartError(_database(error)) from error


def leave() -> None:
    """Close this process's connections, also before the servers end."""
    connections.close_all()


def _pass(found: Sequence[checks.CheckMessage]) -> None:
    for message in found:
        if message.is_serious():
            raise StartError(" ".join(f"{message.msg} {message.hint or ''}".split()))


def _ask_broker(url: str) -> None:
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0))
        client.ping()
        client.close()
    except (redis.RedisError, ValueError) as error:
        raise StartError(
            f"REDIS_URL: {_one_line(error)} Start that server, mend REDIS_URL, or leave it away and an "
            "embedded one is used."
        ) from error


def _database(error: Exception) -> str:
    if not named("DATABASE_URL"):
        return f"The embedded PostgreSQL: {_one_line(error)} Its log is in the state folder."
    return (
        f"DATABASE_URL: {_one_line(error)} Mend DATABASE_URL or start that server; without DATABASE_URL an "
        "embedded one is used."
    )


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if text.endswith((".", "?")) else f"{text}."
