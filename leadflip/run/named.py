"""Settings that somebody named: in the environment, or in the `.env` file beside `manage.py`."""

import os

import environ

from leadflip.run.errors import StartError
from leadflip.run.state import PROJECT

SCHEMES = ("postgres", "postgresql", "psql", "pgsql")


def read() -> None:
    """Take over what `.env` sets; the environment itself wins."""
    environ.Env.read_env(PROJECT / ".env")


def named(setting: str) -> bool:
    """Whether `setting` has a value of its own."""
    return bool(os.environ.get(setting))


def check_database_url() -> None:
    """StartError when DATABASE_URL is set and is not the address of a PostgreSQL database."""
    scheme, found, _ = os.environ.get("DATABASE_URL", "").partition("://")
    if named("DATABASE_URL") and (not found or scheme not in SCHEMES):
        raise StartError(
            "DATABASE_URL is no PostgreSQL address: write postgres://user:password@host:5432/name "
            "(PostgreSQL 15 or newer), or leave it away and an embedded server is used."
        )
