"""`python -m bench.many N`: adds N distribution jobs to the database of this checkout's state folder.

A database that DATABASE_URL names is filled only where `--into` repeats its name.
"""

import argparse
import sys

from leadflip.run import prepare
from leadflip.run.embedded import servers
from leadflip.run.errors import StartError
from leadflip.run.named import named, read
from leadflip.run.state import State


def main() -> int:
    """The exit code."""
    asked = _asked()
    read()
    state = State.current()
    try:
        with servers(state, durable=True):
            prepare.settings()
            _allow(asked.into)
            prepare.migrate()
            try:
                _load(asked.count)
            finally:
                prepare.leave()
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.many")
    parser.add_argument("count", type=int, metavar="N", help="how many distribution jobs")
    parser.add_argument("--into", default="", help="the name of the database that DATABASE_URL names")
    return parser.parse_args()


def _allow(into: str) -> None:
    from django.db import connection

    name = str(connection.settings_dict["NAME"])
    if named("DATABASE_URL") and into != name:
        raise StartError(
            f"DATABASE_URL names the database {name}: made-up leads go there only with INTO={name}. Without "
            "DATABASE_URL they go to this checkout's own."
        )


def _load(count: int) -> None:
    from bench.many.load import load
    from leadflip.kit import clock

    name = f"Load {clock.now():%d %b %H:%M:%S}"
    done = load(count, name=name, say=lambda text: print(f"  {text}", flush=True))
    rate = done.jobs / done.seconds
    print(f"{done.jobs:,} jobs of {done.leads:,} leads in {done.seconds:.0f} s ({rate:,.0f} a second)")


if __name__ == "__main__":
    sys.exit(main())
