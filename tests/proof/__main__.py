"""`python -m tests.proof`: the exit code is 0 when every run came out exact.

`caps` or `shares` proves one of them alone. `--runs 1000 --seed N`, and `--first N` to begin with another
than run 0: `--seed 5 --first 17 --runs 1` is run 17 of seed 5 again.
"""

import argparse
import random
import signal
import sys
import time
from typing import TYPE_CHECKING

from leadflip.run.errors import StartError
from leadflip.run.terminal import say
from tests.proof.ground import LOG, ground

if TYPE_CHECKING:
    from tests.proof.books import Books

RUNS = 1000
SAID = 25
# Rows of earlier runs are of no use to later ones.
SWEPT = 100


def main() -> int:
    """Starts, proves, and closes the books."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asked = _asked()
    say(f"seed {asked.seed}")
    try:
        with ground():
            books = _prove(asked)
    except StartError as error:
        say(f"{error}")
        return 1
    except KeyboardInterrupt:
        say("Stopped, no books.")
        return 130
    say("The books")
    for line in books.lines():
        say(line)
    again = f"python -m tests.proof --seed {asked.seed} --runs 1 --first NUMBER"
    say(f"{len(books.faults)} DIFFERENCES (log: {LOG}; again: {again})" if books.faults else "All exact.")
    return 1 if books.faults else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof")
    parser.add_argument("part", nargs="?", choices=PARTS, help="one of them alone")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--first", type=int, default=0, help="the number of the first run")
    parser.add_argument(
        "--seed", type=int, default=random.getrandbits(32), help="what the runs are drawn from"
    )
    return parser.parse_args()


def _prove(asked: argparse.Namespace) -> "Books":
    # Models can be imported only now.
    from tests.proof.books import Books

    books = Books()
    for part in [asked.part] if asked.part else PARTS:
        PARTS[part](asked, books)
        books.log(LOG.read_text())
    return books


def _caps(asked: argparse.Namespace, books: "Books") -> None:
    from tests.proof import runs
    from tests.proof.routers import routers

    began = time.monotonic()
    with routers(runs.ROUTERS, log=LOG, seed=asked.seed) as living:
        for done, number in enumerate(range(asked.first, asked.first + asked.runs), 1):
            runs.one(asked.seed, number, living, books)
            if done % SAID == 0:
                say(f"  {time.monotonic() - began:5.0f} s  {done} runs, {len(books.faults)} differences")
            if done % SWEPT == 0:
                runs.sweep()
    books.run = ""


def _shares(asked: argparse.Namespace, books: "Books") -> None:
    from tests.proof import shares
    from tests.proof.routers import routers

    began = time.monotonic()
    with routers(shares.ROUTERS, log=LOG, sizes=shares.SIZES, seed=asked.seed):
        for weights in shares.WEIGHTS:
            shares.prove(weights, shares.LEADS, books)
            say(f"  {time.monotonic() - began:5.0f} s  shares of {':'.join(map(str, weights))}")


PARTS = {"caps": _caps, "shares": _shares}

if __name__ == "__main__":
    sys.exit(main())
