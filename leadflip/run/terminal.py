"""What `make run` prints."""

import os
import sys
import time

from leadflip.run.ports import HOST

NAME = "Leadflip Distribution"


def say(line: str) -> None:
    """Print a line at once, also into a pipe. A terminal that is gone stops nothing."""
    try:
        print(line, flush=True)
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - stays open to the end


def phase(name: str, seconds: float) -> None:
    """One step of the start."""
    say(f"  {name:<14}{seconds:6.1f} s")


class Clock:
    """Counts from the moment that make was called, where the Makefile says when that was."""

    def __init__(self) -> None:
        began = os.environ.pop("LEADFLIP_BEGAN", "")
        self._began = float(began) if began.isdecimal() else time.time()

    def seconds(self) -> float:
        """Since the beginning."""
        return max(0.0, time.time() - self._began)


def address(port: int) -> str:
    """Where the product is."""
    return f"http://{HOST}:{port}/"


def ready(port: int, seconds: float) -> str:
    """The first line of the block."""
    return f"{NAME} is running (ready in {seconds:.0f} s), start at {address(port)}"
