"""`make run` and `make reset`: `python -m leadflip.run [reset]`."""

import sys
from contextlib import suppress

from leadflip.run import bytecode, named
from leadflip.run.errors import StartError
from leadflip.run.state import State


def main() -> None:
    named.read()
    command = _reset if sys.argv[1:] == ["reset"] else _run
    try:
        command(State.current())
    except StartError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _run(state: State) -> None:
    # What the file system refuses is put into words by the start itself.
    with suppress(OSError):
        state.prepare()
    bytecode.keep(state)
    # Not at the top: it brings most of what there is to compile.
    from leadflip.run import start

    start.run(state)


def _reset(state: State) -> None:
    from leadflip.run import reset

    reset.reset(state)


main()
