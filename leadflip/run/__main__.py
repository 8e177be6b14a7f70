"""`make run` and `make reset`: `python -m leadflip.run [reset]`."""

import sys

from leadflip.run import named, reset, start
from leadflip.run.errors import StartError
from leadflip.run.state import State

COMMANDS = {"run": start.run, "reset": reset.reset}


def main() -> None:
    named.read()
    command = sys.argv[1] if len(sys.argv) > 1 else "run"
    try:
        COMMANDS[command](State.current())
    except StartError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)


main()
