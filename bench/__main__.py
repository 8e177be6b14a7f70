"""`python -m bench` runs every measure, `python -m bench NAME …` those."""

import sys
import time
from importlib import import_module

from bench.parts.ground import ground
from bench.parts.report import Report
from leadflip.run.errors import StartError

MEASURES = ("deliveries", "latency", "fair", "retry", "isolation")


def main(names: list[str]) -> int:
    """The exit code. A measure that fails is said and the next one runs."""
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"There is no measure {', '.join(unknown)}: there are {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    try:
        with ground() as state:
            failed = [name for name in names or MEASURES if not _one(name, state)]
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    if failed:
        print(f"NOT MEASURED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _one(name: str, state: object) -> bool:
    began = time.monotonic()
    print(f"{name} …", flush=True)
    # Models can be imported only now.
    measure = import_module(f"bench.{name}").measure
    report = Report(name)
    try:
        measure(report, state)
    except (TimeoutError, RuntimeError, OSError) as error:
        print(f"{name} failed: {error}", file=sys.stderr, flush=True)
        return False
    report.facts["seconds"] = round(time.monotonic() - began)
    report.finish()
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
