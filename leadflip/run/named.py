"""Settings that somebody named: in the environment, or in the `.env` file beside `manage.py`."""

import os

import environ

from leadflip.run.state import PROJECT


def read() -> None:
    """Take over what `.env` sets; the environment itself wins."""
    environ.Env.read_env(PROJECT / ".env")


def named(setting: str) -> bool:
    """Whether `setting` has a value of its own."""
    return bool(os.environ.get(setting))
