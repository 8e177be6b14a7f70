"""Compiled modules for processes that start together, also where Python is told to write none.

PYTHONDONTWRITEBYTECODE keeps source trees clean; it also has every process compile every module at
every start, which takes longer than all else in it. So the compiled ones go to the state folder.
"""

import os
import sys

from leadflip.run.state import State

FORBIDDEN = "PYTHONDONTWRITEBYTECODE"
PLACE = "PYTHONPYCACHEPREFIX"


def keep(state: State) -> None:
    """Have this process and its children write compiled modules, outside the source tree."""
    if FORBIDDEN not in os.environ:
        return
    del os.environ[FORBIDDEN]
    os.environ[PLACE] = sys.pycache_prefix = str(state.root / "bytecode")
    sys.dont_write_bytecode = False
