#!/usr/bin/env python
"""Django's commands. Where no server is named, the embedded ones run for as long as the command."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from leadflip.run import named
from leadflip.run.embedded import servers
from leadflip.run.errors import StartError
from leadflip.run.state import State


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflip.settings")
    signal.signal(signal.SIGTERM, _leave)
    named.read()
    try:
        with servers(State.current(), durable=True):
            execute_from_command_line(sys.argv)
    except (StartError, ImproperlyConfigured) as error:
        sys.exit(f"{error}")


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End like an interrupted command, so that servers started for it are stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
