"""Real servers for every test: an embedded PostgreSQL and Valkey of this very test run.

They are up before Django reads its settings, so DJANGO_SETTINGS_MODULE is set here and not in
pyproject.toml. Runs at the same time take different state folders; xdist's workers share their
controller's servers, each with a database of its own.
"""

import atexit
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

import django
import pytest
import redis
from django.conf import settings

from leadflip.run import bytecode, named
from leadflip.run.embedded import servers
from leadflip.run.errors import StartError
from leadflip.run.state import PROJECT, State

if TYPE_CHECKING:
    from django.test import Client
    from execnet import XSpec

    from partners.models import User

KEYS = ("SECRET_KEY", "ENCRYPTION_KEYS", "DIGEST_KEYS")


def _own_state(stack: ExitStack) -> State:
    """The first state folder under `.leadflip/` that no other test run holds."""
    number = 1
    while True:
        state = State(PROJECT / ".leadflip" / ("test" if number == 1 else f"test-{number}"))
        state.prepare()
        lock = state.lock("tests")
        if lock.try_exclusive():
            stack.callback(lock.release)
            return state
        number += 1


def _start() -> None:
    stack = ExitStack()
    atexit.register(stack.close)
    state = _own_state(stack)
    os.environ["LEADFLIP_STATE"] = str(state.root)
    # Each process that a test starts would compile all modules anew, most of the time it takes.
    bytecode.keep(state)
    stack.enter_context(servers(state, durable=False))
    if named.named("DATABASE_URL"):
        for key, value in state.keys().items():
            os.environ.setdefault(key, value if isinstance(value, str) else ",".join(value))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: "Sequence[XSpec]") -> None:
    """A Redis database for each worker, before anything there reads the settings."""
    for number, spec in enumerate(specs, 1):
        url = None if named.named("REDIS_URL") else State.current().redis_url(database=number)
        if url is not None:
            spec.env["REDIS_URL"] = url


if os.environ.get("PYTEST_XDIST_WORKER") is None:
    if settings.configured:
        pytest.exit("unset DJANGO_SETTINGS_MODULE: tests start their servers before settings are read", 1)
    named.read()
    try:
        _start()
    except StartError as error:
        pytest.exit(str(error), returncode=1)

os.environ["DJANGO_SETTINGS_MODULE"] = "leadflip.settings"
django.setup()
settings.PASSWORD_HASHERS = ["tests.hasher.QuickHasher"]
# Else each test client would look through all static files; the live server serves them by itself.
settings.WHITENOISE_USE_FINDERS = False


@pytest.fixture(autouse=True)
def _fresh_configuration() -> None:
    """A test that is rolled back leaves caches of a revision that the next test reaches again."""
    from distribution.by_revision import forget_all

    forget_all()


@pytest.fixture(autouse=True)
def _no_attempts_counted() -> None:
    """Attempts to sign in are counted across tests, which all come from one address."""
    counted = _redis().keys("*allauth:rl:*")
    if counted:
        _redis().delete(*counted)


@cache
def _redis() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL)


@pytest.fixture
def admin(db: None) -> "User":
    """A superuser."""
    from tests.factories import UserFactory

    return UserFactory.create(email="admin@example.com", admin=True)


@pytest.fixture
def desk(client: "Client", admin: "User") -> "Client":
    """The admin's browser."""
    client.force_login(admin)
    return client


@pytest.fixture
def sign_in(client: "Client", db: None) -> "Callable[[str], Client]":
    """`sign_in("operator")`: the browser of somebody on the staff with that role."""
    from django.contrib.auth.models import Group

    from tests.factories import UserFactory

    def enter(role: str) -> "Client":
        person = UserFactory.create(is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        client.force_login(person)
        return client

    return enter
