"""Fixtures of the delivery tests."""

import pytest
from pytest_django import Settings

from tests.delivery.calls import LOOPBACK, LOOPS
from tests.servers.certificates import Authority
from tests.servers.fixtures import host, http_server

__all__ = ["host", "http_server"]


@pytest.fixture(params=LOOPS)
def loop(request: pytest.FixtureRequest) -> str:
    """Each event loop in turn: they report broken connections differently."""
    return str(request.param)


@pytest.fixture
def loopback(settings: Settings) -> None:
    """Lets webhooks reach the test servers."""
    settings.OUTGOING_ALLOW = list(LOOPBACK)


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Authority:
    """A certificate authority that webhooks trust."""
    made = Authority(tmp_path_factory.mktemp("ca"))
    settings.OUTGOING_CA_FILE = str(made.file)
    return made
