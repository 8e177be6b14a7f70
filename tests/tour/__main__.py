"""`python -m tests.tour`: starts a sample installation of its own, photographs it, stops it.

With `--inspect` nothing is written: each page is judged, see `tests.tour.inspector`. With names behind
it, only pages whose name holds one of them.
"""

import sys
import tempfile
from pathlib import Path

from leadflip.run.errors import StartError
from leadflip.run.terminal import say
from tests.tour.site import site


def main(wanted: list[str]) -> int:
    """The exit code: 0 where every picture was taken."""
    with tempfile.TemporaryDirectory(prefix="leadflip-tour-") as folder:
        try:
            with site(Path(folder)) as here:
                # Models can be imported only now.
                from tests.tour.camera import photograph
                from tests.tour.inspector import inspect
                from tests.tour.scenes import scenes

                look = inspect if "--inspect" in wanted else photograph
                faults = look(here, scenes(), [name for name in wanted if name != "--inspect"])
        except StartError as error:
            say(str(error))
            return 1
    for fault in faults:
        say(f"  {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
