"""`python -m bench` runs every measure, `python -m bench NAME …` those.

`--small`: one short round without what has to be installed or takes long, to see that it works.
`--out FOLDER`: where the JSON files go, instead of bench/out.
"""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from bench.parts.ground import ground
from bench.parts.report import OUT, Report
from leadflip.run.errors import StartError
from leadflip.run.state import State

MEASURES = (
    "deliveries",
    "latency",
    "fair",
    "retry",
    "isolation",
    "routing",
    "email",
    "intake",
    "pages",
    "portal",
)


def main() -> int:
    """The exit code. A measure that fails is said, and the next one runs."""
    asked = _asked()
    unknown = [name for name in asked.names if name not in MEASURES]
    if unknown:
        print(f"There is no measure {', '.join(unknown)}: there are {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    try:
        with ground() as state:
            failed = [name for name in asked.names or MEASURES if not _one(name, state, asked)]
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    if failed:
        print(f"NOT MEASURED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--small", action="store_true", help="one short round, to see that it works")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the JSON files")
    return parser.parse_args()


def _one(name: str, state: State, asked: argparse.Namespace) -> bool:
    began = time.monotonic()
    print(f"{name} …", flush=True)
    # Models can be imported only now.
    module = import_module(f"bench.{name}")
    report = Report(name, asked.out)
    try:
        module.measure(report, state, **(module.SMALL if asked.small else {}))
    except (TimeoutError, RuntimeError, OSError) as error:
        print(f"{name} failed: {error}", file=sys.stderr, flush=True)
        return False
    report.facts["seconds"] = round(time.monotonic() - began)
    report.finish()
    return True


if __name__ == "__main__":
    sys.exit(main())
