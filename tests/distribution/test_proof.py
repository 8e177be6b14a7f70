"""Some of the runs of `make proof-caps`: sixteen routers, kills, and the count of places after each run."""

from pathlib import Path

import pytest

from tests.processes import environment
from tests.proof import runs, shares
from tests.proof.books import Books
from tests.proof.routers import routers

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

# Draws each strategy with each cap, and few leads.
SEED = 126
RUNS = 20


def test_caps_are_met_exactly_by_sixteen_routers_of_which_some_are_killed(tmp_path: Path) -> None:
    books = Books()
    with routers(runs.ROUTERS, log=tmp_path / "log", environment=environment({})) as living:
        for number in range(RUNS):
            runs.one(SEED, number, living, books)
    books.log((tmp_path / "log").read_text())
    assert books.faults == []
    assert books.counts["runs"] == RUNS
    assert books.counts["routers killed in mid-routing"] > 0


def test_shares_of_one_to_ninety_nine_by_eight_routers_are_within_one_of_exact(tmp_path: Path) -> None:
    """A fifth of the leads of `make proof-caps`, which has the other weights too."""
    books = Books()
    log = tmp_path / "log"
    with routers(shares.ROUTERS, log=log, sizes=shares.SIZES, environment=environment({})):
        shares.prove((1, 99), 2_000, books)
    books.log(log.read_text())
    assert books.faults == []
    assert set(books.counts.values()) == {20, 1980}
