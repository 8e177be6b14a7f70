import socket
from pathlib import Path

import pytest

from leadflip.run import ports
from leadflip.run.sample.demo import Demo
from leadflip.run.state import State


@pytest.fixture
def folder(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.prepare()
    return state


def test_demo_is_kept(folder: State) -> None:
    assert Demo.known(folder) is None
    assert Demo.of(folder) == Demo.of(folder) == Demo.known(folder)


def test_demo_is_random(folder: State, tmp_path: Path) -> None:
    other = State(tmp_path / "other")
    other.prepare()
    one, two = Demo.of(folder), Demo.of(other)
    assert not {one.admin, one.operator, one.partner, one.api_key, one.signing_secret} & {
        two.admin,
        two.operator,
        two.partner,
        two.api_key,
        two.signing_secret,
    }
    assert len({one.admin, one.operator, one.partner}) == 3


def test_demo_leaves_a_port_that_was_taken(folder: State) -> None:
    before = Demo.of(folder)
    with socket.socket() as taken:
        taken.bind((ports.HOST, before.crm_port))
        taken.listen()
        after = Demo.of(folder)
    assert after.old_crm_port == before.crm_port
    assert after.crm_port not in (before.crm_port, after.smtp_port)
    assert after.smtp_port == before.smtp_port
    assert Demo.of(folder).old_crm_port == after.crm_port
